import type { Script } from '../../src/clients/script.ts';
import type { Sabotage } from '../../src/conformance/model.ts';
import { envoyFilter, jsonPatch } from '../patches.ts';

/** All configurations of the row have one VirtualService of this name, and the route under test comes first. */
export const VIRTUAL_SERVICE = 'grpc-resilience';

/** Sets a field of a route, the first one, whether or not it is there. */
const set = (field: string, value: unknown, route = 0) =>
  jsonPatch('VirtualService', VIRTUAL_SERVICE, { op: 'add', path: `/spec/http/${route}/${field}`, value });
const SEED_POLICY = { attempts: 3, perTryTimeout: '20s', retryOn: 'unavailable,resource-exhausted,internal' };
const FAST_POLICY = { ...SEED_POLICY, perTryTimeout: '2s' };

/** Retries are switched off. */
export const attemptsZero = (caughtBy: string, route = 0): Sabotage => ({
  name: route === 0 ? 'attempts: 0' : `attempts: 0 on route ${route + 1}`,
  change: { manifests: [set('retries', { attempts: 0 }, route)] },
  caughtBy,
});

/** Valid, and not what was meant. */
export const otherRetryOn = (caughtBy: string): Sabotage => ({
  name: 'another valid retryOn',
  change: { manifests: [set('retries', { ...SEED_POLICY, retryOn: 'cancelled,deadline-exceeded' })] },
  caughtBy,
});

/** Valid, and of no use to gRPC: every gRPC reply begins with HTTP status 200, whatever its grpc-status. */
export const retryOnHttpStatus = (caughtBy: string): Sabotage => ({
  name: 'retryOn an HTTP status',
  change: { manifests: [set('retries', { ...SEED_POLICY, retryOn: '200' })] },
  caughtBy,
});

/** Envoy has no name for UNKNOWN; Istio refuses what Envoy does not know. */
export const wrongRetryOn: Sabotage = {
  name: 'a wrong retryOn name',
  change: { manifests: [set('retries', { ...SEED_POLICY, retryOn: 'unavailable,unknown' })] },
  caughtBy: `${VIRTUAL_SERVICE} was refused: admission webhook "validation.istio.io" denied the request: configuration is invalid: "unknown" is not a valid retryOn policy`,
};

/** The seed's policy where nothing may be tried twice. */
export const retriedAfterAll = (caughtBy: string): Sabotage => ({
  name: 'retries of what is not idempotent',
  change: { manifests: [set('retries', SEED_POLICY)] },
  caughtBy,
});

/** The route says nothing of retries, so that it gets Istio's default policy. */
export const policyLeftOut = (caughtBy: string): Sabotage => ({
  name: 'no retries given',
  change: {
    manifests: [jsonPatch('VirtualService', VIRTUAL_SERVICE, { op: 'remove', path: '/spec/http/0/retries' })],
  },
  caughtBy,
});

/** The four tries fit into it. */
export const longerTimeout = (caughtBy: string): Sabotage => ({
  name: 'a longer timeout',
  change: { manifests: [set('timeout', '10s')] },
  caughtBy,
});

export const shorterTimeout = (caughtBy: string): Sabotage => ({
  name: 'a shorter timeout',
  change: { manifests: [set('timeout', '1s')] },
  caughtBy,
});

export const longerPerTryTimeout = (caughtBy: string): Sabotage => ({
  name: 'a longer perTryTimeout',
  change: { manifests: [set('retries', { ...FAST_POLICY, perTryTimeout: '5s' })] },
  caughtBy,
});

/** Envoy counts a try that timed out as a 5xx. */
export const retryOnTimeout = (caughtBy: string): Sabotage => ({
  name: 'retryOn gateway-error too',
  change: {
    manifests: [set('retries', { ...FAST_POLICY, retryOn: `gateway-error,${FAST_POLICY.retryOn}` })],
  },
  caughtBy,
});

/** The server does something else at its first words: a sabotage of what the case believes the server to do. */
export const serverDoes = (what: string, script: Script, caughtBy: string): Sabotage => ({
  name: `a server that ${what}`,
  change: { script },
  caughtBy,
});

const bufferName = (bytes: number) => `a retry buffer of ${bytes} bytes`;

/** The gateway keeps less of a request, or more, than `manifests/retries-limits` has it. */
export const bufferChanged = (bytes: number, caughtBy: string): Sabotage => ({
  name: bufferName(bytes),
  change: {
    manifests: [
      jsonPatch('EnvoyFilter', 'retry-buffer', {
        op: 'replace',
        path: '/spec/configPatches/0/patch/value/per_request_buffer_limit_bytes',
        value: bytes,
      }),
    ],
  },
  caughtBy,
});

/** The gateway keeps less of a request, or more, than by itself. */
export const bufferSet = (bytes: number, caughtBy: string): Sabotage => ({
  name: bufferName(bytes),
  change: {
    objects: [
      envoyFilter('retry-buffer', {
        applyTo: 'HTTP_ROUTE',
        match: { context: 'GATEWAY' },
        patch: { operation: 'MERGE', value: { per_request_buffer_limit_bytes: bytes } },
      }),
    ],
  },
  caughtBy,
});

/** As many retries at once as there are failures. */
export const limitGone = (limit: 'max-retries' | 'budget', caughtBy: string): Sabotage => ({
  name: `no ${limit}`,
  change: {
    manifests: [
      jsonPatch('DestinationRule', limit === 'budget' ? 'retry-budget' : limit, {
        op: 'remove',
        path: '/spec/trafficPolicy',
      }),
    ],
  },
  caughtBy,
});
