import { asDisagreed } from './naming.ts';
import type { Scene } from './scene.ts';

/** What the gateway's access log says of how the call ended, as a sentence. */
export function logged({ verdictOfGateway: { flags, details } }: Scene): string {
  return `The gateway logged ${[flags.join(','), details].filter((each) => each !== '').join(' ') || 'no fault'}.`;
}

/** The first disagreements, as facts that a diagnosis rests on. */
export const seen = ({ evidence }: Scene): readonly string[] =>
  evidence.disagreements.slice(0, 2).map(asDisagreed);
