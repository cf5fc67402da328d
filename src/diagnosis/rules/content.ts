import type { Disagreement } from '../evidence.ts';
import type { HttpRoute } from '../istio-objects.ts';
import { asDisagreed, at } from '../naming.ts';
import { removing } from '../patching.ts';
import type { Rule } from '../rule.ts';
import { fieldOf } from '../routing-table.ts';

type Operations = NonNullable<NonNullable<HttpRoute['headers']>['request']>;

/** Whether header operations of a route touch a field. */
const touch = ({ set = {}, add = {}, remove = [] }: Operations, name: string): boolean =>
  [...Object.keys(set), ...Object.keys(add), ...remove].some((each) => each.toLowerCase() === name);

/** The field that a disagreement is about: `request metadata: x-set`, `initial metadata x-secret`. */
const fieldIn = ({ what }: Disagreement): string | undefined =>
  /(?:metadata|trailer|header)\S*:? ([\w-]+)/.exec(what)?.[1]?.toLowerCase();

/** The route sets, adds or removes header fields; or leaves one alone that it was to change. */
export const headers: Rule = (scene) => {
  const { route } = scene;
  const operations = route?.route.headers;
  if (route === undefined || operations === undefined) return;
  const about = scene.disagreement(/metadata|trailer|header|grpc-message|grpc-status|details/);
  if (about === undefined) return;
  const way = scene.disagreement(/^request metadata/) === undefined ? 'response' : 'request';
  const field = fieldOf(route, `headers.${way}`);
  const of = operations[way] ?? {};
  const name = fieldIn(about);
  // What comes as it was sent, or does not come at all, is not the work of operations that do not name it.
  const asSent = way === 'request' && name !== undefined && scene.call?.request.headers[name] === about.got;
  if (asSent && touch(of, name)) return;
  if (name !== undefined && !touch(of, name)) {
    return {
      cause: 'headers-not-rewritten',
      confidence: 'likely',
      summary: `The route changes ${way === 'request' ? 'request' : 'response'} headers, and ${name} is none of them.`,
      change: at(route.virtualService, field, operations[way]),
      because: [asDisagreed(about)],
    };
  }
  return {
    cause: 'headers-rewritten',
    confidence: 'certain',
    summary: 'The route rewrites header fields; what was sent is not what arrives.',
    change: at(
      route.virtualService,
      field,
      operations[way] ?? operations,
      removing(scene.evidence, route.virtualService, field),
    ),
    because: [asDisagreed(about)],
  };
};
