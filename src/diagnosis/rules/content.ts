import { asDisagreed, at } from '../naming.ts';
import { removing } from '../patching.ts';
import type { Rule } from '../rule.ts';
import { fieldOf } from '../routing-table.ts';

/** The route sets, adds or removes header fields. */
export const headersRewritten: Rule = (scene) => {
  const { route } = scene;
  const headers = route?.route.headers;
  if (route === undefined || headers === undefined) return;
  const about = scene.disagreement(/metadata|trailer|header|grpc-message|grpc-status|details/);
  if (about === undefined) return;
  const way = scene.disagreement(/^request metadata/) === undefined ? 'response' : 'request';
  return {
    cause: 'headers-rewritten',
    confidence: 'certain',
    summary: 'The route rewrites header fields; what was sent is not what arrives.',
    change: at(
      route.virtualService,
      `${fieldOf(route)}.headers.${way}`,
      headers[way] ?? headers,
      removing(scene.evidence, route.virtualService, `${fieldOf(route)}.headers.${way}`),
    ),
    because: [asDisagreed(about)],
  };
};
