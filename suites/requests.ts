import { patternPayload } from '../src/clients/messages.ts';
import type { RpcKind } from '../src/clients/protos.ts';
import type { Script } from '../src/clients/script.ts';
import type { RpcExpectation } from '../src/conformance/expectation.ts';
import { replies } from './expectations.ts';

/** The values of the axes that most families of cases are expanded over. */
export const TRANSPORTS = ['tls', 'h2c'] as const;
export const RPC_KINDS = [
  'unary',
  'client-stream',
  'server-stream',
  'bidi',
] as const satisfies readonly RpcKind[];

/** The method of each kind, for each sample service. */
export const METHODS = {
  greeter: {
    unary: 'mypackage.Greeter/SayHello',
    'client-stream': 'mypackage.Greeter/CollectHellos',
    'server-stream': 'mypackage.Greeter/StreamHellos',
    bidi: 'mypackage.Greeter/Chat',
  },
  'streaming-service': {
    unary: 'mypackage.StreamingService/Echo',
    'client-stream': 'mypackage.StreamingService/Collect',
    'server-stream': 'mypackage.StreamingService/Subscribe',
    bidi: 'mypackage.StreamingService/Exchange',
  },
  'user-service': {
    unary: 'mypackage.UserService/GetUser',
    'client-stream': 'mypackage.UserService/CreateUsers',
    'server-stream': 'mypackage.UserService/ListUsers',
    bidi: 'mypackage.UserService/SyncUsers',
  },
  'order-service': {
    unary: 'mypackage.OrderService/GetOrder',
    'client-stream': 'mypackage.OrderService/SubmitOrders',
    'server-stream': 'mypackage.OrderService/WatchOrders',
    bidi: 'mypackage.OrderService/TrackOrders',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<RpcKind, string>>>>;

/** Numbered requests with a payload each: one where the client does not stream, else `count`. */
export function requestsFor(
  kind: RpcKind,
  count: number,
  payloadBytes: number,
): Readonly<Record<string, unknown>>[] {
  const streams = kind === 'client-stream' || kind === 'bidi';
  return Array.from({ length: streams ? count : 1 }, (_, i) => ({
    sequence: i + 1,
    payload: patternPayload(i + 1, payloadBytes).toString('base64'),
    ...(kind === 'server-stream' ? { count } : {}),
  }));
}

/** What the services, without a script, reply to {@link requestsFor}. */
export function repliesTo(
  kind: RpcKind,
  count: number,
  payloadBytes: number,
): Pick<RpcExpectation, 'count' | 'inOrder' | 'payloadBytes' | 'reply'> {
  switch (kind) {
    case 'unary':
      return { count: 1, payloadBytes };
    case 'client-stream':
      return { count: 1, reply: { received: count, received_bytes: count * payloadBytes } };
    case 'server-stream':
      // All of them carry the payload of the one request, so that it cannot be told from their sequence.
      return replies(count);
    case 'bidi':
      return { ...replies(count), payloadBytes };
  }
}

/** A service that says what a route is to change, in its initial metadata and again in the trailers. */
export const SAYS_SECRET: Script = {
  steps: [
    { headers: { 'x-secret': 'inner', 'x-answered-by': 'the-service' } },
    { answer: true },
    { status: 'OK', trailers: { 'x-secret': 'inner' } },
  ],
};
