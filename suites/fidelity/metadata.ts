import { expand, type Case } from '../../src/conformance/model.ts';
import type { Script } from '../../src/clients/script.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { FACTS, answered } from './facts.ts';
import { headersRewritten, requestHeaderLimit, trailersRewritten } from './sabotages.ts';

const REQUESTS = 3;
const PAYLOAD = 100;
const base64 = (bytes: readonly number[]) => Buffer.from(bytes).toString('base64');

/** One key of each sort: text, several values, binary. */
const SENT = {
  'x-text': 'plain text',
  'x-repeated': ['first', 'second', 'third'],
  'x-blob-bin': base64([0, 1, 127, 128, 254, 255]),
} as const;

/** Metadata of each sort, on each of the three ways it can go. */
const directions = expand(
  { direction: ['request', 'initial', 'trailers'], transport: TRANSPORTS, kind: RPC_KINDS },
  ({ direction, transport, kind }): Case => {
    const script: Script | undefined =
      direction === 'initial'
        ? { steps: [{ headers: SENT }, { answer: true }, { status: 'OK' }] }
        : direction === 'trailers'
          ? { steps: [{ answer: true }, { status: 'OK', trailers: SENT }] }
          : undefined;
    const { rpc, ledger, gateway } = answered(transport);
    return {
      name: 'fidelity/metadata',
      ...FACTS,
      title: `Text, repeated and binary metadata arrives as sent, as ${direction} metadata of a ${kind} RPC.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter[kind],
        requests: requestsFor(kind, REQUESTS, PAYLOAD),
        deadlineMs: 10_000,
        ...(script === undefined ? { metadata: SENT } : { script }),
      },
      expectation: {
        rpc: {
          ...rpc,
          ...repliesTo(kind, REQUESTS, PAYLOAD),
          ...(direction === 'initial' ? { initialMetadata: SENT } : {}),
          ...(direction === 'trailers' ? { trailers: SENT } : {}),
        },
        ledger: { ...ledger, ...(direction === 'request' ? { metadata: SENT } : {}) },
        gateway,
      },
      sabotages: [
        direction === 'trailers'
          ? trailersRewritten('trailer x-text: expected plain text, got rewritten')
          : headersRewritten(
              direction === 'request'
                ? 'request metadata: x-text: expected plain text, got rewritten'
                : 'initial metadata x-blob-bin: expected AAF/gP7/, got nothing',
            ),
      ],
    };
  },
);

/** Values that a proxy may be tempted to trim, fold, decode or pad. */
const VALUES = {
  'all-printable': {
    'x-text': Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i)).join(''),
  },
  'inner-spaces': { 'x-text': 'two  spaces, a comma , and "quotes"' },
  'percent-signs': { 'x-text': '100%25 %zz' },
  'every-byte': { 'x-text': 'x', 'x-blob-bin': base64(Array.from({ length: 256 }, (_, i) => i)) },
  'one-byte': { 'x-text': 'x', 'x-blob-bin': base64([0xff]) },
  'two-bytes': { 'x-text': 'x', 'x-blob-bin': base64([0xff, 0]) },
} as const;

const values = expand(
  { value: Object.keys(VALUES) as (keyof typeof VALUES)[], transport: TRANSPORTS },
  ({ value, transport }): Case => {
    const sent = VALUES[value];
    const { rpc, ledger, gateway } = answered(transport);
    return {
      name: 'fidelity/metadata/value',
      ...FACTS,
      title: `A value with ${value.replace('-', ' ')} arrives byte by byte, on all three ways.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter.unary,
        metadata: sent,
        script: { steps: [{ headers: sent }, { answer: true }, { status: 'OK', trailers: sent }] },
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: { ...rpc, count: 1, initialMetadata: sent, trailers: sent },
        ledger: { ...ledger, metadata: sent },
        gateway,
      },
      sabotages: [headersRewritten('request metadata: x-text'), trailersRewritten('trailer x-text')],
    };
  },
);

/** Below the 60 KiB that Envoy allows all header fields together, and above what a careless limit would allow. */
const large = expand(
  { direction: ['request', 'trailers'], kib: ['8', '16', '32'], transport: TRANSPORTS },
  ({ direction, kib, transport }): Case => {
    const sent = { 'x-text': 'm'.repeat(Number(kib) * 1024) };
    const { rpc, ledger, gateway } = answered(transport);
    const outward = direction === 'request';
    return {
      name: 'fidelity/metadata/large',
      ...FACTS,
      title: `${kib} KiB of ${direction} metadata arrive whole.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter.unary,
        deadlineMs: 10_000,
        ...(outward
          ? { metadata: sent }
          : { script: { steps: [{ answer: true }, { status: 'OK', trailers: sent }] } }),
      },
      expectation: {
        rpc: { ...rpc, count: 1, ...(outward ? {} : { trailers: sent }) },
        ledger: { ...ledger, ...(outward ? { metadata: sent } : {}) },
        gateway,
      },
      sabotages: [
        outward ? requestHeaderLimit('grpc-status: expected OK, got') : trailersRewritten('trailer x-text'),
      ],
    };
  },
);

export const metadataCases: readonly Case[] = [...directions, ...values, ...large];
