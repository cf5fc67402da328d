import type { Diagnosis } from './diagnosis.ts';
import type { Scene } from './scene.ts';

/**
 * Looks for one cause. A rule is pure, and goes by the evidence alone: a symptom that somebody saw, and a fact that
 * explains it. Without both it says nothing.
 */
export type Rule = (scene: Scene) => Diagnosis | undefined;
