import type { Rule } from '../rule.ts';
import { asDisagreed } from '../naming.ts';
import { logged, seen } from '../wording.ts';

/**
 * The stream broke after the service had begun to answer, and neither the service nor the client broke it off: its
 * process ended. Without a proxy at the service the connection ends (UC); with one, that resets the stream (UR).
 */
export const gone: Rule = (scene) => {
  const { flags, details } = scene.verdictOfGateway;
  const last = scene.call?.ledger.at(-1);
  const broken = flags.some((flag) => flag === 'UC' || flag === 'UR');
  if (!broken || !details.includes('after_response_started')) return;
  if (last === undefined || last.status_code >= 0 || last.reset_sent >= 0 || last.cancelled > 0) return;
  return {
    cause: 'backend-gone',
    confidence: 'likely',
    summary: `${last.deployment} had begun to answer, and the connection to it broke: its process ended without waiting for its RPCs. terminationGracePeriodSeconds, and a server that stops by GOAWAY, give them time.`,
    because: [logged(scene), ...seen(scene)],
  };
};

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
    because: seen(scene),
  };
};

/** No more was under way at once than the client had begun. */
export const fewerCalls: Rule = (scene) => {
  const about = scene.disagreement(/^RPCs at once/);
  const { length } = scene.evidence.calls;
  if (about === undefined || Number(about.got) !== length) return;
  if (!(Number(about.expected) > length)) return;
  return {
    cause: 'client-asked-otherwise',
    confidence: 'likely',
    summary: `The client made ${length} RPCs in all, and every one was under way at once: nobody held any back.`,
    because: [asDisagreed(about)],
  };
};

/** What was not to be there the client has sent itself. */
export const sentByClient: Rule = (scene) => {
  const about = scene.evidence.disagreements.find(({ what }) => what.startsWith('request metadata'));
  const name = /: ([\w-]+)$/.exec(about?.what ?? '')?.[1] ?? '';
  if (about?.expected !== 'nothing' || scene.call?.request.headers[name] !== about.got) return;
  return {
    cause: 'client-asked-otherwise',
    confidence: 'likely',
    summary: `The client itself sends ${name}: ${about.got}.`,
    because: [asDisagreed(about)],
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
    because: seen(scene),
  };
};
