import type { RpcKind } from '../../src/clients/protos.ts';
import type { PodInvocation } from '../../src/clients/invocation.ts';
import type { Case, Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS } from '../requests.ts';
import { FACTS, V1, V2, ask, type Feature } from './facts.ts';
import { subjectAltNames } from './mutual-tls.ts';

type Told = Partial<PodInvocation>;

/** A case of one feature: an RPC to the name that has its rule. */
const feature = (
  name: string,
  title: string,
  expectation: Case['expectation'],
  sabotage: Sabotage,
  told: Told = {},
): Case =>
  ({
    ...FACTS,
    name: `proxyless/features/${name}`,
    title,
    invocation: { ...ask(`proxyless-${name}`), ...told },
    expectation,
    sabotages: [sabotage],
  }) as Case;

/** A case that measures time, or what is under way at once. */
const alone = (each: Case): Case => ({ ...each, alone: true });

/** A rule's value is another one. */
const ruled = (
  kind: 'VirtualService' | 'DestinationRule',
  service: string,
  path: string,
  value: unknown,
  name: string,
  caughtBy: string,
): Sabotage => ({
  name,
  change: { manifests: [jsonPatch(kind, `proxyless-${service}`, { op: 'replace', path, value })] },
  caughtBy,
});

const method = (kind: RpcKind): Told => ({ method: METHODS['order-service'][kind] });

const OF_V1 = { rpc: { status: 'OK' }, ledger: { attempts: 1, service: V1 } } as const;
const OF_V2 = { rpc: { status: 'OK' }, ledger: { attempts: 1, service: V2 } } as const;

const THIRTY: Told = { calls: 30 };

const routing: readonly Feature[] = [
  {
    feature: 'match by header (exact)',
    verdict: 'applied',
    case: feature(
      'header',
      'A route that matches a header takes the RPCs that carry it.',
      OF_V2,
      ruled(
        'VirtualService',
        'header',
        '/spec/http/0/match/0/headers/x-tenant/exact',
        'green',
        'another value of the header',
        `service: expected ${V2}, got ${V1}`,
      ),
      { metadata: { 'x-tenant': 'blue' } },
    ),
  },
  {
    feature: 'match by path (exact)',
    verdict: 'applied',
    case: feature(
      'path',
      'A route that matches a path takes the RPCs of that method.',
      OF_V2,
      ruled(
        'VirtualService',
        'path',
        '/spec/http/0/match/0/uri/exact',
        '/mypackage.OrderService/Another',
        'another path',
        `service: expected ${V2}, got ${V1}`,
      ),
      method('server-stream'),
    ),
  },
  {
    feature: 'mirror',
    verdict: 'ignored',
    case: feature(
      'mirror',
      'Nothing is mirrored.',
      OF_V1,
      ruled(
        'VirtualService',
        'mirror',
        '/spec/http/0/route/0/destination/subset',
        'v2',
        'the mirror as the destination',
        `service: expected ${V1}, got ${V2}`,
      ),
    ),
  },
  {
    feature: 'headers.request.add',
    verdict: 'ignored',
    case: feature(
      'added-header',
      'No header is added.',
      { rpc: { status: 'OK' }, ledger: { attempts: 1, metadata: { 'x-added': null } } },
      {
        name: 'a client that sends the header itself',
        change: { invocation: { metadata: { 'x-added': 'by-the-client' } } },
        caughtBy: 'request metadata: x-added: expected nothing',
      },
    ),
  },
  {
    feature: 'rewrite.authority',
    verdict: 'ignored',
    case: feature(
      'rewrite',
      'The authority stays what the client was told to reach.',
      { rpc: { status: 'OK' }, ledger: { attempts: 1, authority: /^proxyless-rewrite\./ } },
      {
        name: 'a client with another authority',
        change: { invocation: { authority: 'rewritten.example.com' } },
        // The server's own library finds no route for it.
        caughtBy: 'grpc-status: expected OK, got',
      },
    ),
  },
  {
    feature: 'directResponse',
    verdict: 'rejected',
    case: {
      ...feature(
        'direct-response',
        'A route that answers by itself is refused by the library: the RPC waits for its deadline.',
        { rpc: { status: 'DEADLINE_EXCEEDED', count: 0, servedBy: null }, ledger: { attempts: 0 } },
        ruled(
          'VirtualService',
          'direct-response',
          '/spec/http',
          [{ route: [{ destination: { host: 'proxyless-direct-response' } }] }],
          'a route with a destination',
          'grpc-status: expected DEADLINE_EXCEEDED, got OK',
        ),
        { deadlineMs: 4_000 },
      ),
      // While it is refused, names that the same process asks for get no answer either.
      alone: true,
    },
  },
];

const failures: readonly Feature[] = [
  {
    feature: 'timeout',
    verdict: 'applied',
    case: alone(
      feature(
        'timeout',
        "A route's timeout ends the RPC at the client.",
        {
          rpc: {
            status: 'DEADLINE_EXCEEDED',
            count: 0,
          },
          ledger: { attempts: 1 },
        },
        ruled(
          'VirtualService',
          'timeout',
          '/spec/http/0/timeout',
          '20s',
          'a longer timeout',
          'grpc-status: expected DEADLINE_EXCEEDED, got OK',
        ),
        { script: { steps: [{ wait: 4_000 }, { answer: true }] } },
      ),
    ),
  },
  {
    feature: 'retries.attempts',
    verdict: 'applied',
    case: feature(
      'retries',
      'A route with attempts: 3 makes the client try four times in all.',
      { rpc: { status: 'OK' }, ledger: { attempts: 4 } },
      ruled(
        'VirtualService',
        'retries',
        '/spec/http/0/retries/attempts',
        1,
        'fewer attempts',
        'grpc-status: expected OK, got UNAVAILABLE',
      ),
      { script: { failFirst: { attempts: 3, steps: [{ status: 'UNAVAILABLE' }] } } },
    ),
  },
  {
    feature: 'fault.abort',
    verdict: 'applied',
    case: feature(
      'abort',
      'An injected fault ends the RPC before it is sent.',
      { rpc: { status: 'RESOURCE_EXHAUSTED', count: 0, servedBy: null }, ledger: { attempts: 0 } },
      ruled(
        'VirtualService',
        'abort',
        '/spec/http/0/fault/abort/percentage/value',
        0,
        'a fault for nobody',
        'grpc-status: expected RESOURCE_EXHAUSTED, got OK',
      ),
    ),
  },
  {
    feature: 'fault.delay',
    verdict: 'applied',
    case: feature(
      'delay',
      'An injected delay holds the RPC back before it is sent.',
      { rpc: { status: 'DEADLINE_EXCEEDED', count: 0 }, ledger: { attempts: 0 } },
      ruled(
        'VirtualService',
        'delay',
        '/spec/http/0/fault/delay/percentage/value',
        0,
        'a delay for nobody',
        'grpc-status: expected DEADLINE_EXCEEDED, got OK',
      ),
      { deadlineMs: 700 },
    ),
  },
];

const balancing: readonly Feature[] = [
  {
    feature: 'loadBalancer.simple: RANDOM',
    verdict: 'ignored',
    case: feature(
      'random',
      'RANDOM is balanced in turns, as if nothing were said.',
      { rpc: { status: 'OK' }, ledger: { attempts: 1 }, spread: { pods: 3, atLeastEach: 48 } },
      ruled(
        'DestinationRule',
        'random',
        '/spec/trafficPolicy/loadBalancer/simple',
        'LEAST_REQUEST',
        'LEAST_REQUEST instead of RANDOM',
        'grpc-status (call 1 of 150): expected OK, got UNAVAILABLE',
      ),
      // Three pods by lot would differ by more in nine runs of ten.
      { warmUpCalls: 60, calls: 150 },
    ),
  },
  {
    feature: 'loadBalancer.consistentHash.httpHeaderName',
    verdict: 'applied',
    case: feature(
      'hash',
      'RPCs of one tenant go to one pod.',
      { rpc: { status: 'OK' }, ledger: { attempts: 1 }, spread: { pods: 1 } },
      ruled(
        'DestinationRule',
        'hash',
        '/spec/trafficPolicy/loadBalancer',
        { simple: 'ROUND_ROBIN' },
        'ROUND_ROBIN instead of a hash',
        'pods that answered: expected 1, got 3',
      ),
      { ...THIRTY, metadata: { 'x-tenant': 'blue' } },
    ),
  },
  {
    feature: 'loadBalancer.simple: LEAST_REQUEST',
    verdict: 'rejected',
    case: {
      ...feature(
        'least-request',
        'LEAST_REQUEST is refused by the library: no RPC leaves it.',
        { rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null }, ledger: { attempts: 0 } },
        ruled(
          'DestinationRule',
          'least-request',
          '/spec/trafficPolicy/loadBalancer/simple',
          'ROUND_ROBIN',
          'ROUND_ROBIN instead of LEAST_REQUEST',
          'grpc-status: expected UNAVAILABLE, got OK',
        ),
      ),
      // What one name's answer is refused for may keep others from theirs.
      alone: true,
    },
  },
  {
    feature: 'connectionPool.http.http2MaxRequests',
    verdict: 'applied',
    case: alone(
      feature(
        'limit',
        'Of requests at once, no more than the limit leave the client.',
        {
          rpc: {
            status: 'UNAVAILABLE',
            tolerated: [{ status: 'OK', because: 'the first ones have the places' }],
          },
          // Those that begin before the first connection is there are not counted by the library.
          spread: { services: { [V1]: { max: 10 }, [V2]: { max: 10 } } },
        },
        ruled(
          'DestinationRule',
          'limit',
          '/spec/trafficPolicy/connectionPool/http/http2MaxRequests',
          1_000,
          'a limit of a thousand',
          `RPCs answered by ${V1}: expected at most 10`,
        ),
        { calls: 30, callIntervalMs: 100, script: { steps: [{ wait: 4_000 }, { answer: true }] } },
      ),
    ),
  },
];

/** Every feature that was tried, and what @grpc/grpc-js-xds makes of it. */
export const FEATURES: readonly Feature[] = [...routing, ...failures, ...balancing, subjectAltNames];
