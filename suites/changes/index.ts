import type { Change } from '../../src/traffic/change.ts';
import { AUTHORITIES } from './authorities.ts';
import { NODE } from './node.ts';
import { PUSHES } from './pushes.ts';
import { ROLLOUTS } from './rollouts.ts';

/** Every change that `meshproof traffic` can make under live traffic. */
export const CHANGES: readonly Change[] = [...ROLLOUTS, ...PUSHES, ...AUTHORITIES, ...NODE];
