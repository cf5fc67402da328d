import { at, nameOf } from '../naming.ts';
import { removing, setting } from '../patching.ts';
import type { Rule } from '../rule.ts';
import { fieldOf, matching } from '../routing-table.ts';
import type { Scene } from '../scene.ts';
import { seen } from '../wording.ts';

const origin = (scene: Scene): string => scene.call?.request.headers.origin ?? '';

/** A preflight is an OPTIONS request without the fields of the request that it asks for. */
export const preflightUnmatched: Rule = (scene) => {
  const asked = scene.entries.find(({ route }) =>
    route.match.some(({ headers = {} }) => 'content-type' in headers),
  );
  const { call } = scene;
  if (asked === undefined || call === undefined) return;
  // A browser asks by a preflight of its own before it makes the call.
  if (call.request.verb !== 'OPTIONS' && call.request.client !== 'browser') return;
  const preflight = { ...call.request, verb: 'OPTIONS', headers: { origin: origin(scene) } };
  if (matching(scene.entries, preflight).length > 0) return;
  return {
    cause: 'cors-preflight-unmatched',
    confidence: 'certain',
    summary: `${nameOf(asked.virtualService)} matches on content-type, which a preflight does not carry: it meets no route, and the browser stops there.`,
    change: at(
      asked.virtualService,
      `${fieldOf(asked)}.match`,
      asked.route.match,
      removing(
        scene.evidence,
        asked.virtualService,
        `${fieldOf(asked)}.match[${asked.route.match.findIndex(({ headers = {} }) => 'content-type' in headers)}].headers`,
      ),
    ),
    because: seen(scene),
  };
};

/** What the policy on the route says, held against what was asked. */
export const policy: Rule = (scene) => {
  const { route, call } = scene;
  if (origin(scene) === '' || route === undefined || call === undefined) return;
  const cors = route.route.corsPolicy;
  const field = `${fieldOf(route)}.corsPolicy`;
  const common = { confidence: 'certain', because: seen(scene) } as const;
  const concerned = scene.evidence.disagreements.some(({ what }) =>
    /access-control|HTTP status|attempts|access log|grpc-status|cors/i.test(what),
  );
  if (!concerned) return;
  if (cors === undefined) {
    return {
      ...common,
      cause: 'cors-absent',
      summary: 'The route that the request meets has no CORS policy.',
      change: at(route.virtualService, field, 'nothing'),
    };
  }
  const any = cors.allowOrigins.some(({ regex, exact }) => regex === '.*' || exact === '*');
  if (any) {
    return {
      ...common,
      cause: 'cors-any-origin',
      summary: 'The policy allows every origin.',
      change: at(route.virtualService, `${field}.allowOrigins`, cors.allowOrigins),
    };
  }
  const refusedByMistake = scene.evidence.disagreements.some(({ got }) => got === 'nothing');
  const asked = (call.request.headers['access-control-request-headers'] ?? '')
    .split(/, ?/)
    .filter((name) => name !== '');
  const lacking = asked.filter(
    (name) => !cors.allowHeaders.map((each) => each.toLowerCase()).includes(name.toLowerCase()),
  );
  const allowed = cors.allowOrigins.some(({ exact, prefix }) =>
    exact === undefined ? prefix !== undefined && origin(scene).startsWith(prefix) : exact === origin(scene),
  );
  if (!allowed && refusedByMistake) {
    return {
      ...common,
      cause: 'cors-origin',
      summary: `The policy does not allow ${origin(scene)}.`,
      change: at(
        route.virtualService,
        `${field}.allowOrigins`,
        cors.allowOrigins,
        setting(scene.evidence, route.virtualService, `${field}.allowOrigins`, [
          ...cors.allowOrigins,
          { exact: origin(scene) },
        ]),
      ),
    };
  }
  if (
    !['grpc-status', 'grpc-message'].every((name) => cors.exposeHeaders.includes(name)) &&
    (call.request.client === 'browser' || scene.disagreement(/expose-headers/))
  ) {
    return {
      ...common,
      cause: 'cors-expose-headers',
      summary: 'The policy exposes no grpc-status and grpc-message, so a page cannot read how its RPC ended.',
      change: at(
        route.virtualService,
        `${field}.exposeHeaders`,
        cors.exposeHeaders,
        setting(scene.evidence, route.virtualService, `${field}.exposeHeaders`, [
          ...new Set([...cors.exposeHeaders, 'grpc-status', 'grpc-message', 'grpc-status-details-bin']),
        ]),
      ),
    };
  }
  const missing =
    lacking.length > 0 ? lacking : ['x-grpc-web'].filter((name) => !cors.allowHeaders.includes(name));
  if (missing.length === 0) return;
  return {
    ...common,
    cause: 'cors-header',
    summary: `The policy does not allow ${missing.join(', ')}.`,
    change: at(
      route.virtualService,
      `${field}.allowHeaders`,
      cors.allowHeaders,
      setting(
        scene.evidence,
        route.virtualService,
        `${field}.allowHeaders`,
        [...cors.allowHeaders, ...missing].toSorted(),
      ),
    ),
  };
};
