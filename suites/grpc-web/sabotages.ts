import type { StatusName } from '../../src/clients/grpc-status.ts';
import type { GrpcWebInvocation } from '../../src/clients/invocation.ts';
import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

const FILTER = 'grpc-web-filter';
const PATCH = '/spec/configPatches/0';
const ROUTER = `${PATCH}/match/listener/filterChain/filter/subFilter/name`;
const filter = (...operations: Parameters<typeof jsonPatch>[2][]) =>
  jsonPatch('EnvoyFilter', FILTER, ...operations);

/** Nothing translates: what arrives at the service is gRPC-Web. */
export const filterAbsent = (caughtBy: string): Sabotage => ({
  name: 'filter absent',
  change: {
    manifests: [
      `$patch: delete\napiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: { name: ${FILTER}, namespace: istio-system }\n`,
    ],
  },
  caughtBy,
});

/** The filter to stand before is given by its name of old. Istio skips such a patch, and nobody says so. */
export const matchesNothing = (caughtBy: string): Sabotage => ({
  name: 'filter matching a name that is not there',
  change: { manifests: [filter({ op: 'replace', path: ROUTER, value: 'envoy.router' })] },
  caughtBy,
});

/** The filter as it was before Envoy's v3 API, name and type. */
export const oldFilter: Sabotage = {
  name: 'old filter name',
  change: {
    manifests: [
      filter({
        op: 'replace',
        path: `${PATCH}/patch/value`,
        value: {
          name: 'envoy.grpc_web',
          typed_config: { '@type': 'type.googleapis.com/envoy.config.filter.http.grpc_web.v2.GrpcWeb' },
        },
      }),
    ],
  },
  caughtBy: `EnvoyFilter istio-system/${FILTER} was refused: admission webhook "validation.istio.io" denied the request: configuration is invalid: referenced type unknown (hint: try using the v3 XDS API)`,
};

/** The old name alone is accepted, with a warning; Envoy rejects each listener that has it, and keeps what it had. */
export const oldFilterUntyped: Sabotage = {
  name: 'old filter name without typed_config',
  change: {
    manifests: [filter({ op: 'replace', path: `${PATCH}/patch/value`, value: { name: 'envoy.grpc_web' } })],
  },
  caughtBy: "Didn't find a registered implementation for 'envoy.grpc_web'",
};

/** The client sends a content-type that is translated. */
export const plainContentType = (
  contentType: NonNullable<GrpcWebInvocation['contentType']>,
  caughtBy: string,
): Sabotage => ({
  name: 'a content-type that is translated',
  change: { invocation: { contentType } },
  caughtBy,
});

/** The seed's own match: neither a preflight, which has no content-type, nor native gRPC is matched by it. */
export const seedMatch = (caughtBy: string): Sabotage => ({
  name: "the seed's match on content-type",
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-web-vs', {
        op: 'add',
        path: '/spec/http/0/match',
        value: [{ headers: { 'content-type': { prefix: 'application/grpc-web' } } }],
      }),
    ],
  },
  caughtBy,
});

/** The server ends at once with another status. */
export const serverFails = (status: StatusName, caughtBy: string): Sabotage => ({
  name: `a server that says ${status}`,
  change: { script: { steps: [{ messages: {} }, { status }] } },
  caughtBy,
});

/** The page reads the stream to its end. */
export const allTheWay: Sabotage = {
  name: 'no cancellation',
  change: { invocation: { cancelAfter: 1_000 } },
  caughtBy: 'grpc-status: expected CANCELLED, got OK',
};

/** One route to the service for everything, so that the gateway answers nothing by itself. */
export const everythingRouted = (caughtBy: string): Sabotage => ({
  name: 'everything routed to the service',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-web-errors', {
        op: 'replace',
        path: '/spec/http',
        value: [{ route: [{ destination: { host: 'grpc-service', port: { number: 50051 } } }] }],
      }),
    ],
  },
  caughtBy,
});
