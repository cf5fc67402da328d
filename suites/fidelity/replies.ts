import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST, routedTo, wayIn } from '../expectations.ts';
import { REACH } from '../grpcurl/reach.ts';
import { framed } from '../plain-grpc.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { FACTS, SERVICE, answered } from './facts.ts';

const PAYLOAD = 50_000;
/** More than what the gateway sends of a compressed message: pattern, headers and trailers. */
const SMALL = 3_000;

const ENCODINGS = ['gzip', 'deflate', 'identity'] as const;
type Encoding = (typeof ENCODINGS)[number];

const scriptFor = (encoding: Encoding, count = 1) => ({
  ...(encoding === 'identity' ? {} : { compress: encoding }),
  steps: [{ messages: { count, payloadBytes: PAYLOAD } }],
});

/** The same reply, compressed where it is not and the other way round. */
const otherwise = (encoding: Encoding): Encoding => (encoding === 'identity' ? 'gzip' : 'identity');

/** Envoy looks into replies no more than into requests: what the server has compressed arrives so, and small. */
const compressed = expand(
  { encoding: ENCODINGS, kind: ['unary', 'server-stream'], transport: TRANSPORTS },
  ({ encoding, kind, transport }): Case => {
    const count = kind === 'unary' ? 1 : 3;
    const { rpc, ledger, gateway } = answered(transport);
    return {
      name: 'fidelity/compressed-reply',
      ...FACTS,
      title: `Messages of a ${kind} RPC that its server sends as ${encoding} pass as they are, and are read by a client that accepts them.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter[kind],
        script: scriptFor(encoding, count),
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: { ...rpc, count, payloadBytes: PAYLOAD },
        // What the server may choose from has come to it.
        ledger: { ...ledger, metadata: { 'grpc-accept-encoding': 'identity,deflate,gzip' } },
        gateway: {
          ...gateway,
          bytesSent: encoding === 'identity' ? { min: PAYLOAD * count } : { max: SMALL * count },
        },
      },
      sabotages: [
        {
          name: `${count} reply ${count === 1 ? 'message' : 'messages'} sent as ${otherwise(encoding)}`,
          change: { script: scriptFor(otherwise(encoding), count) },
          caughtBy: 'access log bytesSent: expected',
        },
      ],
    };
  },
);

/** The first byte of a message is its Compressed-Flag (gRPC PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). */
const flagged = expand({ encoding: ENCODINGS, transport: TRANSPORTS }, ({ encoding, transport }): Case => {
  const exchange = framed(transport, '2');
  const flag = encoding === 'identity' ? '\\u0000' : '\\u0001';
  return {
    name: 'fidelity/reply-encoding',
    ...FACTS,
    title: `A reply that is sent as ${encoding} says so in its header, and by the flag of its message.`,
    invocation: {
      ...exchange,
      headers: { ...exchange.headers, 'grpc-accept-encoding': 'gzip,deflate' },
      script: scriptFor(encoding),
    },
    expectation: {
      http: {
        status: 200,
        headers: { 'grpc-encoding': encoding },
        trailers: { 'grpc-status': '0' },
        body: new RegExp(`^${flag}\\u0000`, 'u'),
        error: '',
      },
      ledger: {
        attempts: 1,
        service: SERVICE,
        metadata: { 'grpc-accept-encoding': 'gzip,deflate' },
      },
      gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
    },
    sabotages: [
      {
        name: `1 reply message sent as ${otherwise(encoding)}`,
        change: { script: scriptFor(otherwise(encoding)) },
        caughtBy: `header grpc-encoding: expected ${encoding}, got ${otherwise(encoding)}`,
      },
      {
        name: `${encoding} in the header of a reply that is ${otherwise(encoding)}`,
        change: {
          script: {
            ...scriptFor(otherwise(encoding)),
            steps: [{ headers: { 'grpc-encoding': encoding } }, ...scriptFor(encoding).steps],
          },
        },
        caughtBy: 'body: expected',
      },
    ],
  };
});

/** grpc-go knows gzip once its package is linked in, as it is in grpcurl; it asks for it unbidden. */
const byGrpcurl = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const { flags, address } = REACH[transport];
  const { ledger, gateway } = answered(transport);
  return {
    name: 'fidelity/compressed-reply/grpcurl',
    ...FACTS,
    title: 'grpcurl, which accepts gzip, reads a reply that its server has compressed so.',
    invocation: {
      client: 'grpcurl',
      arguments: [
        ...['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto', ...flags],
        ...['-authority', HOST, address, METHODS.greeter.unary],
      ],
      script: scriptFor('gzip'),
    },
    expectation: {
      rpc: {
        status: 'OK',
        count: 1,
        servedBy: { service: SERVICE },
        process: { exitCode: 0, stderr: '' },
      },
      ledger: { ...ledger, metadata: { 'grpc-accept-encoding': 'gzip' } },
      gateway: { ...gateway, bytesSent: { max: SMALL } },
    },
    sabotages: [
      {
        name: '1 reply message sent as identity',
        change: { script: scriptFor('identity') },
        caughtBy: 'access log bytesSent: expected',
      },
      {
        name: 'a server that compresses with what grpcurl does not know',
        change: { script: scriptFor('deflate') },
        caughtBy: 'grpc-status: expected OK, got',
      },
    ],
  };
});

/** Replies that their server has compressed, or has not. */
export const replyCases: readonly Case[] = [...compressed, ...flagged, ...byGrpcurl];
