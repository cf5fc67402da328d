import { STATUS_NAMES, statusCode, type StatusName } from '../../src/clients/grpc-status.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { FACTS, SERVICE } from './facts.ts';
import { headersRewritten, trailersRewritten } from './sabotages.ts';

/** Every status that is none of success. */
const FAILURES = STATUS_NAMES.filter((name) => name !== 'OK');

/** After headers: a trailers-only CANCELLED or UNAVAILABLE is retried by Istio's default, which is not the question. */
const codes = expand(
  { status: FAILURES.map((name) => name.toLowerCase().replaceAll('_', '-')), transport: TRANSPORTS },
  ({ status: form, transport }): Case => {
    const status = form.toUpperCase().replaceAll('-', '_') as StatusName;
    return {
      name: 'fidelity/status',
      ...FACTS,
      title: `${status} in the trailers arrives as such, with its message.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter.unary,
        script: { steps: [{ status, message: 'said by the server', afterHeaders: true }] },
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: { status, details: 'said by the server', count: 0, servedBy: { service: SERVICE } },
        ledger: { attempts: 1, service: SERVICE, perAttempt: [{ status, trailersOnly: false }] },
        gateway: { ...wayIn(transport), ...routedTo(SERVICE, statusCode(status)) },
      },
      sabotages: [trailersRewritten('grpc-message: expected said by the server, got rewritten')],
    };
  },
);

/** grpc-message is percent-encoded UTF-8 on the wire (gRPC PROTOCOL-HTTP2.md): each of these needs that somewhere. */
const MESSAGES = {
  percent: '100% of %41 is not A',
  'line-breaks': 'first\nsecond\r\n\tthird',
  unicode: 'Grüße, 世界, 🚀',
  'outer-spaces': '  kept  ',
  'one-kib': 'm'.repeat(1024),
} as const;

const PLACES = ['trailers-only', 'trailers'] as const;

const messages = expand(
  { message: Object.keys(MESSAGES) as (keyof typeof MESSAGES)[], place: PLACES, transport: TRANSPORTS },
  ({ message: form, place, transport }): Case => {
    const message = MESSAGES[form];
    const afterHeaders = place === 'trailers';
    return {
      name: 'fidelity/message',
      ...FACTS,
      title: `A status message with ${form.replace('-', ' ')} arrives letter by letter, in ${place}.`,
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter.unary,
        script: { steps: [{ status: 'INVALID_ARGUMENT', message, afterHeaders }] },
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: { status: 'INVALID_ARGUMENT', details: message, count: 0 },
        ledger: {
          attempts: 1,
          service: SERVICE,
          perAttempt: [{ status: 'INVALID_ARGUMENT', trailersOnly: !afterHeaders }],
        },
        gateway: { ...wayIn(transport), ...routedTo(SERVICE, 3) },
      },
      sabotages: [afterHeaders ? trailersRewritten(', got rewritten') : headersRewritten(', got rewritten')],
    };
  },
);

/**
 * A google.rpc.Status of code 3, message "bad name" and one detail, serialized by hand: it must arrive byte by byte.
 * The detail is a google.rpc.ErrorInfo with the reason "BAD_NAME".
 */
const DETAIL = { typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: Buffer.from('\n\bBAD_NAME') };
const lengthDelimited = (field: number, value: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from([(field << 3) | 2, Buffer.byteLength(value)]), Buffer.from(value)]);
const RICH_STATUS = Buffer.concat([
  Buffer.from([0x08, 3]),
  lengthDelimited(2, 'bad name'),
  lengthDelimited(3, Buffer.concat([lengthDelimited(1, DETAIL.typeUrl), lengthDelimited(2, DETAIL.value)])),
]).toString('base64');

const details = expand({ place: PLACES, transport: TRANSPORTS }, ({ place, transport }): Case => {
  const afterHeaders = place === 'trailers';
  const lost = 'trailer grpc-status-details-bin';
  return {
    name: 'fidelity/status-details',
    ...FACTS,
    title: `The details of a status arrive whole, in ${place}.`,
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS.greeter.unary,
      script: {
        steps: [
          {
            status: 'INVALID_ARGUMENT',
            message: 'bad name',
            details: [{ typeUrl: DETAIL.typeUrl, value: DETAIL.value.toString('base64') }],
            afterHeaders,
          },
        ],
      },
      deadlineMs: 10_000,
    },
    expectation: {
      rpc: {
        status: 'INVALID_ARGUMENT',
        details: 'bad name',
        count: 0,
        trailers: { 'grpc-status-details-bin': RICH_STATUS },
      },
      ledger: {
        attempts: 1,
        service: SERVICE,
        perAttempt: [{ status: 'INVALID_ARGUMENT', trailersOnly: !afterHeaders }],
      },
      gateway: { ...wayIn(transport), ...routedTo(SERVICE, 3) },
    },
    sabotages: [afterHeaders ? trailersRewritten(lost) : headersRewritten(lost)],
  };
});

export const statusCases: readonly Case[] = [...codes, ...messages, ...details];
