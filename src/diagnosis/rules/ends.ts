import { asDisagreed } from '../naming.ts';
import type { Rule } from '../rule.ts';

const about = (scene: Parameters<Rule>[0]): readonly string[] =>
  scene.evidence.disagreements.slice(0, 2).map(asDisagreed);

/** The gateway passes on what the service did: its own status, or its reset. */
export const backend: Rule = (scene) => {
  const last = scene.call?.ledger.at(-1);
  if (last === undefined) return;
  const reset = last.reset_sent >= 0;
  return {
    cause: reset ? 'backend-reset' : 'backend-answered',
    confidence: reset ? 'certain' : 'possible',
    summary: reset
      ? `${last.deployment} reset the stream itself, with HTTP/2 code ${last.reset_sent}.`
      : `${last.deployment} answered ${last.status_code < 0 ? 'nothing' : `with status ${last.status_code}`} after ${last.received_count} messages.`,
    because: about(scene),
  };
};

/** Nothing between the ends explains it, so the client is looked at. */
export const client: Rule = (scene) => {
  const { call } = scene;
  if (call === undefined) return;
  return {
    cause: 'client-asked-otherwise',
    confidence: 'possible',
    summary: `The configuration explains nothing of this; look at what ${call.request.client} was told to do.`,
    because: about(scene),
  };
};
