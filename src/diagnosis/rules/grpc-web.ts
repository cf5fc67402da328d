import { asDisagreed, at, nameOf } from '../naming.ts';
import { setting } from '../patching.ts';
import type { Rule } from '../rule.ts';
import type { Scene } from '../scene.ts';

/** What every connection manager of Istio's has, and in front of which an HTTP filter may be inserted. */
const BEFORE_ROUTER = {
  name: 'envoy.filters.network.http_connection_manager',
  subFilter: { name: 'envoy.filters.http.router' },
};

/** A gRPC-Web request, by what it says of itself. */
const isGrpcWeb = (scene: Scene): boolean =>
  (scene.call?.request.headers['content-type'] ?? '').startsWith('application/grpc-web');

/** The listener that the request came to translates gRPC-Web. */
function translates(scene: Scene): boolean | undefined {
  const filters = Object.values(scene.evidence.gateway?.httpFilters ?? {}).flat();
  return filters.length === 0
    ? undefined
    : filters.every((chain) => chain.some((name) => name.includes('grpc_web')));
}

/** Whoever was to translate is not there, and why. */
export const filterAbsent: Rule = (scene) => {
  const about = scene.disagreement(/^http filters/);
  if ((!isGrpcWeb(scene) && about === undefined) || translates(scene) === true) return;
  if (scene.evidence.gateway?.rejectedListeners.length !== 0) return;
  const [first] = scene.evidence.disagreements;
  const because = [
    `The gateway's HTTP filters: ${[...new Set(Object.values(scene.evidence.gateway.httpFilters).flat(2))].join(', ')}.`,
    ...(first === undefined ? [] : [asDisagreed(first)]),
  ];
  const filter = scene.envoyFilters.find(({ spec }) =>
    spec.configPatches.some(({ patch }) => JSON.stringify(patch?.value ?? '').includes('grpc_web')),
  );
  if (filter === undefined) {
    return {
      cause: 'grpc-web-filter-absent',
      confidence: 'certain',
      summary:
        'No EnvoyFilter puts envoy.filters.http.grpc_web into the gateway, so gRPC-Web reaches the service as it is.',
      because,
    };
  }
  const index = filter.spec.configPatches.findIndex(({ patch }) =>
    JSON.stringify(patch?.value ?? '').includes('grpc_web'),
  );
  return {
    cause: 'envoy-filter-without-effect',
    confidence: 'certain',
    summary: `${nameOf(filter)} is accepted and matches nothing, so the filter is not there. Istio skips such a patch without a word.`,
    change: at(
      filter,
      `spec.configPatches[${index}].match`,
      filter.spec.configPatches[index]?.match,
      setting(
        scene.evidence,
        filter,
        `spec.configPatches[${index}].match.listener.filterChain.filter`,
        BEFORE_ROUTER,
      ),
    ),
    because,
  };
};
