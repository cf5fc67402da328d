import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { declaredGrpc, serverInstead } from './sabotages.ts';
import { cases as ends } from './ends.ts';
import { cases as resets } from './resets.ts';
import { cases as versions } from './versions.ts';

/** The seed's protocol mismatch: what the gateway sends is seen before anyone has parsed it. */
const declaredHttp = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'on-the-wire/declared-http',
  row: 'S11',
  title: 'Behind a port that is declared http the server gets HTTP/1.1, and the client UNAVAILABLE.',
  configuration: 'declared-http',
  invocation: { client: 'grpc-js', transport, method: METHODS.greeter.unary, deadlineMs: 10_000 },
  expectation: {
    rpc: { status: 'UNAVAILABLE', details: /reset before headers/, count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...wayIn(transport), grpcStatus: 14, upstreamProtocol: 'HTTP/1.1' },
    frames: {
      client: { streams: 1, resets: [], responseEnds: 'trailers-only' },
      backend: { protocol: /^an HTTP\/1\.1 request \("POST \/mypackage\.Greeter\/SayHello/ },
    },
  },
  sabotages: [declaredGrpc('protocol on the backend leg: expected something like')],
}));

/** What a good RPC looks like: nothing but headers, one message, and trailers, on both legs. */
const plain = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'on-the-wire/plain',
  row: 'S11',
  title: 'An RPC that goes well is one stream on each leg, and nobody resets it.',
  configuration: 'catch-all',
  invocation: { client: 'grpc-js', transport, method: METHODS.greeter.unary, deadlineMs: 10_000 },
  expectation: {
    rpc: { status: 'OK', count: 1 },
    ledger: { attempts: 1, service: 'grpc-service' },
    gateway: { ...wayIn(transport), ...routedTo('grpc-service') },
    frames: {
      client: { protocol: 'HTTP/2', streams: 1, resets: [], responseEnds: 'trailers' },
      backend: { protocol: 'HTTP/2', streams: 1, resets: [], responseEnds: 'trailers' },
    },
  },
  sabotages: [
    serverInstead(
      'a trailers-only reply',
      { steps: [{ status: 'OK' }] },
      'end of the response on the client leg: expected trailers, got trailers-only',
    ),
  ],
}));

export const cases: readonly Case[] = [...declaredHttp, ...plain, ...resets, ...ends, ...versions];
