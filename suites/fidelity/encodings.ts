import { gzipSync } from 'node:zlib';
import { findMethod } from '../../src/clients/protos.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { framed } from '../plain-grpc.ts';
import { METHODS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { FACTS, SERVICE, answered } from './facts.ts';

const REQUESTS = 3;
const PAYLOAD = 50_000;
/** What grpc-js calls them. */
const ALGORITHMS = { deflate: 1, gzip: 2 } as const;

/** Envoy does not look into messages: what the client has compressed arrives compressed, and small. */
const compressed = expand(
  {
    encoding: Object.keys(ALGORITHMS) as (keyof typeof ALGORITHMS)[],
    kind: ['unary', 'client-stream', 'bidi'],
    transport: TRANSPORTS,
  },
  ({ encoding, kind, transport }): Case => {
    const requests = requestsFor(kind, REQUESTS, PAYLOAD);
    const { rpc, ledger, gateway } = answered(transport);
    return {
      name: 'fidelity/compressed',
      ...FACTS,
      title: `Messages of a ${kind} RPC that its client compresses with ${encoding} pass as they are, and are read.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter[kind],
        requests,
        channelOptions: { 'grpc.default_compression_algorithm': ALGORITHMS[encoding] },
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: { ...rpc, ...repliesTo(kind, REQUESTS, PAYLOAD) },
        ledger: { ...ledger, received: requests.length },
        gateway: { ...gateway, bytesReceived: { max: 3_000 * requests.length } },
      },
      sabotages: [
        {
          name: 'a client that does not compress',
          change: { invocation: { channelOptions: {} } },
          caughtBy: `access log bytesReceived: expected`,
        },
      ],
    };
  },
);

const PLAIN = findMethod(METHODS.greeter.unary).requestSerialize({ name: 'World' });
const ZIPPED = gzipSync(PLAIN);
/** One message that says of itself that it is compressed (gRPC PROTOCOL-HTTP2.md, "Compressed-Flag"). */
const COMPRESSED = Buffer.concat([Buffer.from([1, 0, 0, 0, ZIPPED.length]), ZIPPED]).toString('base64');

/** What a message is compressed with stands in a header, which the gateway hands on like any other. */
const ENCODINGS = {
  gzip: { encoding: 'gzip', status: 0, message: null },
  unsupported: { encoding: 'br', status: 12, message: /unsupported%20encoding/ },
  unnamed: { encoding: undefined, status: 13, message: /deserializing/ },
} as const;

const named = expand(
  { encoding: Object.keys(ENCODINGS) as (keyof typeof ENCODINGS)[], transport: TRANSPORTS },
  ({ encoding: which, transport }): Case => {
    const { encoding, status, message } = ENCODINGS[which];
    const { headers, ...exchange } = framed(transport, '2');
    const ok = status === 0;
    const headersNaming = (value: string | undefined) => ({
      ...headers,
      ...(value === undefined ? {} : { 'grpc-encoding': value }),
    });
    return {
      name: 'fidelity/encoding',
      ...FACTS,
      title: ok
        ? 'A compressed message whose encoding is named is read.'
        : `A compressed message whose encoding is ${which} is refused by the service itself, with status ${status}.`,
      invocation: { ...exchange, headers: headersNaming(encoding), body: COMPRESSED },
      expectation: {
        http: ok
          ? { status: 200, trailers: { 'grpc-status': '0' }, error: '' }
          : {
              status: 200,
              headers: { 'grpc-status': String(status), 'grpc-message': message },
              error: '',
            },
        ledger: { attempts: 1, service: SERVICE },
        gateway: { ...wayIn(transport), ...routedTo(SERVICE, status) },
      },
      sabotages: [
        ok
          ? {
              name: 'an encoding that nobody knows',
              change: { invocation: { headers: headersNaming('br') } },
              caughtBy: 'trailer grpc-status: expected 0, got nothing',
            }
          : {
              name: 'the encoding named right',
              change: { invocation: { headers: headersNaming('gzip') } },
              caughtBy: `header grpc-status: expected ${status}, got nothing`,
            },
      ],
    };
  },
);

const lengthOf = (value: string) => ({ metadata: { 'content-length': value } });

/** Metadata that was copied from another request has that one's length with it (namely/docker-protoc#78). */
const lengths = expand(
  { length: ['right', 'wrong'], transport: TRANSPORTS },
  ({ length, transport }): Case => {
    const right = length === 'right';
    const { rpc, ledger, gateway } = answered(transport);
    const facts = {
      name: 'fidelity/content-length',
      ...FACTS,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter.unary,
        // The framing of an empty message.
        ...lengthOf(right ? '5' : '45'),
        deadlineMs: 5_000,
      },
    } as const;
    return right
      ? {
          ...facts,
          title: 'A content-length that is true does no harm.',
          expectation: { rpc: { ...rpc, count: 1 }, ledger, gateway },
          sabotages: [
            {
              name: 'a content-length that is not true',
              change: { invocation: lengthOf('45') },
              caughtBy: 'grpc-status: expected OK, got',
            },
          ],
        }
      : {
          ...facts,
          title:
            'A content-length that is not true breaks the RPC, and no service is troubled by a part of it.',
          expectation: {
            rpc: { status: 'INTERNAL', count: 0 },
            // By oghttp2 (Envoy 1.36.4 has it) the access log says DR, by nghttp2 (1.40.0) DPE.
            gateway: { ...wayIn(transport), responseFlags: /^D(R|PE)$/ },
          },
          sabotages: [
            {
              name: 'a content-length that is true',
              change: { invocation: lengthOf('5') },
              caughtBy: 'grpc-status: expected INTERNAL, got OK',
            },
          ],
        };
  },
);

/** How long a message says that it is, and how it is packed. */
export const encodingCases: readonly Case[] = [...compressed, ...named, ...lengths];
