import type { Script } from '../../src/clients/script.ts';
import type { RpcKind } from '../../src/clients/protos.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { attemptsZero, bufferChanged, bufferSet } from './sabotages.ts';

const SERVICE = 'grpc-service';
const KIB = 1024;
const MIB = 1024 * KIB;
/** The bytes in front of each gRPC message. */
const FRAMING = 5;
/** What `manifests/retries-limits` sets. */
const LIMIT = 64 * KIB;

/** The first try fails when it has had the whole request. */
const FAILS_ONCE: Script = {
  failFirst: { attempts: 1, steps: [{ awaitHalfClose: true }, { status: 'UNAVAILABLE' }] },
  steps: [{ awaitHalfClose: true }, { messages: {} }],
};

const requestOf = (payload: number) => ({
  sequence: 1,
  payload: Buffer.alloc(payload, 7).toString('base64'),
});

const varint = (value: number): number => (value < 128 ? 1 : 1 + varint(Math.floor(value / 128)));
/** Bytes of the body of such a request: framing, the sequence, the payload's own header. Every command makes all. */
const bodyOf = (payload: number): number => FRAMING + 2 + 1 + varint(payload) + payload;

/** The request whose one message is so many bytes in the body. */
function request(bytes: number): Readonly<Record<string, unknown>> {
  let payload = bytes - FRAMING;
  while (bodyOf(payload) > bytes) payload--;
  return requestOf(payload);
}

interface Sent {
  readonly kind: RpcKind & ('unary' | 'client-stream');
  readonly requests: readonly Readonly<Record<string, unknown>>[];
}

/** What is sent, with so many bytes in all; a stream's are spread over four messages. */
const sending = (kind: Sent['kind'], bytes: number): Sent =>
  kind === 'unary'
    ? { kind, requests: [request(bytes)] }
    : {
        kind,
        requests: [...Array.from({ length: 3 }, () => request(bytes / 4)), request(bytes / 4 + (bytes % 4))],
      };

const outcome = (retried: boolean, requests: number) => ({
  rpc: retried
    ? ({ status: 'OK', count: 1, servedBy: { service: SERVICE } } as const)
    : ({ status: 'UNAVAILABLE', count: 0, servedBy: { service: SERVICE } } as const),
  ledger: {
    attempts: retried ? 2 : 1,
    service: SERVICE,
    received: requests,
    halfClosed: true,
    perAttempt: [{ status: 'UNAVAILABLE' as const, trailersOnly: true }],
  },
});

/** Of what does not fit, nothing is kept: the first failure is the client's. */
const configured = expand(
  {
    kind: ['unary', 'client-stream'],
    body: ['well-below', 'exactly', 'one-more', 'far-more'],
    transport: TRANSPORTS,
  },
  ({ kind, body, transport }): Case => {
    const bytes = { 'well-below': 4 * KIB, exactly: LIMIT, 'one-more': LIMIT + 1, 'far-more': MIB }[body];
    const retried = bytes <= LIMIT;
    const { requests } = sending(kind, bytes);
    return {
      name: 'retries/buffer/64-kib',
      row: 'S6',
      title: `With a buffer of 64 KiB a ${kind} RPC whose requests are ${bytes} bytes is ${retried ? 'retried' : 'not retried'}.`,
      configuration: 'retries-limits',
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter[kind],
        requests,
        deadlineMs: 15_000,
        script: FAILS_ONCE,
      },
      expectation: {
        ...outcome(retried, requests.length),
        gateway: {
          ...wayIn(transport),
          ...routedTo(SERVICE, retried ? 0 : 14),
          attempts: retried ? 2 : 1,
          bytesReceived: bytes,
        },
      },
      sabotages: [
        retried
          ? bufferChanged(1 * KIB, 'attempts: expected 2, got 1')
          : bufferChanged(4 * MIB, 'attempts: expected 1, got 2'),
        ...(retried ? [attemptsZero('attempts: expected 2, got 1', 2)] : []),
      ],
    };
  },
);

const WINDOW = 16 * MIB;
const MESSAGE = request(MIB);

/** The messages are one object: it takes the room of one. */
const byDefault = expand({ body: ['exactly', 'one-more'] }, ({ body }): Case => {
  const more = body === 'one-more';
  const requests = [...Array.from({ length: WINDOW / MIB }, () => MESSAGE), ...(more ? [{}] : [])];
  const gateway = (retried: boolean) => ({
    ...wayIn('h2c'),
    ...routedTo(SERVICE, retried ? 0 : 14),
    attempts: retried ? 2 : 1,
  });
  return {
    name: 'retries/buffer/default',
    row: 'S6',
    title: `Where nobody sets the buffer, ${more ? 'one message more than 16 MiB is not' : '16 MiB are'} sent again.`,
    configuration: 'retries',
    alone: true,
    invocation: {
      client: 'grpc-js',
      transport: 'h2c',
      method: METHODS.greeter['client-stream'],
      requests,
      deadlineMs: 20_000,
      script: FAILS_ONCE,
    },
    expectation: { ...outcome(true, requests.length), gateway: gateway(true) },
    // The stream's window, which is the limit, was 256 MiB (envoy changelogs/1.36.0, initial_stream_window_size).
    ...(more
      ? { sinceEnvoy: { '1.36': { ...outcome(false, requests.length), gateway: gateway(false) } } }
      : {}),
    sabotages: [
      more
        ? bufferSet(32 * MIB, 'attempts: expected 1, got 2')
        : bufferSet(MIB, 'attempts: expected 2, got 1'),
    ],
  };
});

/** Request bodies around what the gateway keeps for the next try. */
export const bufferCases: readonly Case[] = [...configured, ...byDefault];
