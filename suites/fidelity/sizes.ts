import { expand, type Case } from '../../src/conformance/model.ts';
import { findMethod } from '../../src/clients/protos.ts';
import { requestsSeen } from '../expectations.ts';
import { METHODS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { FACTS, POD, SERVICE, answered } from './facts.ts';
import { bodiesBuffered, noClientLimit, replyRewritten, requestLimit } from './sabotages.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** The five bytes in front of each gRPC message. */
const FRAMING = 5;

/** Bytes that a body has around a payload of `size` bytes: framing, the other fields, the payload's own header. */
const around = (size: number, otherFields: number): number => FRAMING + otherFields + 1 + varint(size);
const varint = (value: number): number => (value < 128 ? 1 : 1 + varint(Math.floor(value / 128)));
const textField = (text: string): number => 2 + Buffer.byteLength(text);

/** mypackage.HelloReply beside its payload: the greeting, who served it, the sequence. */
const REPLY_FIELDS = textField('Hello ') + 2 + textField(SERVICE) + textField(POD) + textField('v1') + 2;

/** The payload with which the body of the reply has exactly so many bytes. */
function payloadFor(body: number): number {
  let size = body - around(0, REPLY_FIELDS);
  while (size + around(size, REPLY_FIELDS) > body) size--;
  return size;
}

const requestBody = (request: object): number =>
  FRAMING + findMethod(METHODS.greeter.unary).requestSerialize(request).length;

/**
 * Bytes of the reply's body as Envoy counts them. Around the lengths of HTTP/2 frames (16 KiB) and of its initial
 * window (65,535), where at exactly 65,535 one codec of Envoy's drops the trailers (envoy#40821, istio#56734), and up
 * to the 4 MiB that gRPC clients take by default.
 */
const BODIES = {
  'empty-payload': around(0, REPLY_FIELDS),
  '16383': 16_383,
  '16384': 16_384,
  '16385': 16_385,
  '65534': 65_534,
  '65535': 65_535,
  '65536': 65_536,
  '131070': 2 * 65_535,
  '1-mib': MIB,
  '4-mib': 4 * MIB + FRAMING,
} as const;

const bodies = expand(
  { body: Object.keys(BODIES) as (keyof typeof BODIES)[], transport: TRANSPORTS },
  ({ body, transport }): Case => {
    const bytes = BODIES[body];
    const payload = payloadFor(bytes);
    const [request = {}] = requestsFor('unary', 1, payload);
    const { rpc, ledger, gateway } = answered(transport);
    const sent = { ...request, payload: Buffer.alloc(payload) };
    return {
      name: 'fidelity/size',
      ...FACTS,
      title: `A reply whose body has ${bytes} bytes arrives whole, and its trailers with it.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter.unary,
        requests: [request],
        deadlineMs: 15_000,
      },
      expectation: {
        rpc: { ...rpc, ...repliesTo('unary', 1, payload), reply: { message: 'Hello ' } },
        ledger: { ...ledger, received: 1 },
        gateway: { ...gateway, bytesSent: bytes, bytesReceived: requestBody(sent) },
      },
      sabotages:
        bytes < 32 * KIB
          ? [replyRewritten('field message of the reply: expected Hello , got Jello ')]
          : [requestLimit('grpc-status: expected OK, got')],
    };
  },
);

const overClientLimit = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const payload = payloadFor(4 * MIB + FRAMING + 1);
  return {
    name: 'fidelity/size/over-the-clients-limit',
    ...FACTS,
    title: 'One byte more than 4 MiB is too much for the client, by its own limit: the gateway has none.',
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS.greeter.unary,
      requests: requestsFor('unary', 1, payload),
      deadlineMs: 15_000,
    },
    expectation: {
      rpc: { status: 'RESOURCE_EXHAUSTED', details: /larger than max/, count: 0 },
      ledger: { attempts: 1, service: SERVICE, received: 1 },
    },
    sabotages: [noClientLimit('grpc-status: expected RESOURCE_EXHAUSTED, got OK')],
  };
});

const MESSAGES = 20;

const streams = expand(
  { kind: ['client-stream', 'server-stream', 'bidi'], transport: TRANSPORTS },
  ({ kind, transport }): Case => {
    const requests = requestsFor(kind, MESSAGES, 16 * KIB);
    const { rpc, ledger, gateway } = answered(transport);
    return {
      name: 'fidelity/stream',
      ...FACTS,
      title: `${MESSAGES} messages of 16 KiB of a ${kind} RPC arrive whole and in order.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter[kind],
        requests,
        deadlineMs: 15_000,
      },
      expectation: {
        rpc: { ...rpc, ...repliesTo(kind, MESSAGES, 16 * KIB) },
        ledger: { ...ledger, ...requestsSeen(requests.length), halfClosed: true },
        gateway,
      },
      sabotages: [requestLimit('grpc-status: expected OK, got')],
    };
  },
);

/** What buffers requests to their end makes a dialogue wait for ever. */
const dialogue = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const { rpc, ledger, gateway } = answered(transport);
  return {
    name: 'fidelity/stream/dialogue',
    ...FACTS,
    title: 'Each message of a dialogue is handed on at once, not when the stream ends.',
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS.greeter.bidi,
      requests: requestsFor('bidi', 5, 100),
      pingPong: true,
      deadlineMs: 3_000,
    },
    expectation: {
      rpc: { ...rpc, ...repliesTo('bidi', 5, 100) },
      ledger: { ...ledger, ...requestsSeen(5), halfClosed: true },
      gateway,
    },
    sabotages: [bodiesBuffered('grpc-status: expected OK, got')],
  };
});

export const sizeCases: readonly Case[] = [...bodies, ...overClientLimit, ...streams, ...dialogue];
