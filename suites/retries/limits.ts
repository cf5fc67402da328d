import type { GrpcJsInvocation } from '../../src/clients/invocation.ts';
import type { Script } from '../../src/clients/script.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { limitGone } from './sabotages.ts';

const PAUSE = 'a pause';
const SECOND = 'another RPC that fails';
/** Milliseconds: by then the first RPC's second try is under way. */
const BEGUN = 600;

/** Fails once, and then takes its time over its headers: until they are there it is a retry that is under way. */
const RETRIED_SLOWLY: Script = {
  failFirst: { attempts: 1, steps: [{ status: 'UNAVAILABLE' }] },
  steps: [{ wait: 3 * BEGUN }, { answer: true }],
};
const RETRIED: Script = { failFirst: { attempts: 1, steps: [{ status: 'UNAVAILABLE' }] } };

/** What limits the retries to one at a time, and of which service. */
const LIMITS = {
  'max-retries': { method: METHODS['order-service'].unary, service: 'order-grpc-service' },
  budget: { method: METHODS['user-service'].unary, service: 'user-grpc-service' },
} as const;

/** A storm of retries ends here: who fails while another one is tried again is told so at once. */
const limited = expand(
  { limit: Object.keys(LIMITS) as (keyof typeof LIMITS)[], transport: TRANSPORTS },
  ({ limit, transport }): Case => {
    const { method, service } = LIMITS[limit];
    const rpc = (script: Script) =>
      ({
        client: 'grpc-js',
        transport,
        method,
        script,
        deadlineMs: 15_000,
      }) as const satisfies GrpcJsInvocation;
    return {
      name: 'retries/limited',
      row: 'S6',
      title: `While one RPC is being tried again, ${limit === 'budget' ? 'the retry budget' : 'maxRetries: 1'} leaves another one with its first try.`,
      configuration: 'retries-limits',
      invocation: rpc(RETRIED_SLOWLY),
      actions: [
        {
          invoke: { ...rpc({ steps: [{ wait: BEGUN }, { answer: true }] }), method: METHODS.greeter.unary },
          as: PAUSE,
        },
        { invoke: rpc(RETRIED), as: SECOND },
      ],
      expectation: {
        rpc: { status: 'OK', count: 1, servedBy: { service } },
        ledger: { attempts: 2, service },
        gateway: { ...wayIn(transport), ...routedTo(service), attempts: 2 },
        meanwhile: {
          [PAUSE]: { rpc: { status: 'OK', count: 1 } },
          [SECOND]: {
            rpc: { status: 'UNAVAILABLE', count: 0, servedBy: { service } },
            ledger: { attempts: 1, service },
            // Envoy flags it as it flags an RPC for which there is no room.
            gateway: { ...wayIn(transport), ...routedTo(service, 14), responseFlags: 'UO' },
          },
        },
      },
      sabotages: [limitGone(limit, `grpc-status (${SECOND}): expected UNAVAILABLE, got OK`)],
    };
  },
);

/** grpc-js retries by itself when its service config says so (gRFC A6). */
const retryingClient = (maxAttempts: number, statuses: readonly string[] = ['UNAVAILABLE']) => ({
  'grpc.enable_retries': 1,
  'grpc.service_config': JSON.stringify({
    methodConfig: [
      {
        name: [{}],
        retryPolicy: {
          maxAttempts,
          initialBackoff: '0.01s',
          maxBackoff: '0.02s',
          backoffMultiplier: 1,
          retryableStatusCodes: statuses,
        },
      },
    ],
  }),
});
const SERVICE = 'grpc-service';
/** `attempts: 3` counts retries, so that the first try comes on top. */
const TRIES = 4;

const once = {
  name: 'a client that does not retry',
  change: { invocation: { channelOptions: { 'grpc.enable_retries': 0 } } },
} as const;

/** Whoever retries at two places multiplies: the server sees the product. */
const multiplied = expand(
  { client: ['2', '3'], status: ['unavailable', 'internal'], transport: TRANSPORTS },
  ({ client, status, transport }): Case => {
    const unavailable = status === 'unavailable';
    const attempts = unavailable ? Number(client) * TRIES : TRIES;
    return {
      name: 'retries/multiplied',
      row: 'S6',
      title: `What ${unavailable ? 'both' : 'only the gateway'} would retry is tried ${attempts} times for a client of ${client} attempts.`,
      configuration: 'retries',
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter.unary,
        deadlineMs: 15_000,
        channelOptions: retryingClient(Number(client)),
        script: { steps: [{ status: unavailable ? 'UNAVAILABLE' : 'INTERNAL' }] },
      },
      expectation: {
        rpc: { status: unavailable ? 'UNAVAILABLE' : 'INTERNAL', count: 0, servedBy: { service: SERVICE } },
        // To the gateway each attempt of the client is an RPC of its own, with a line of its own.
        ledger: { attempts, service: SERVICE },
      },
      sabotages: unavailable
        ? [{ ...once, caughtBy: `attempts: expected ${attempts}, got ${TRIES}` }]
        : [
            {
              name: `a client that retries INTERNAL ${Number(client) - 1} times`,
              change: { invocation: { channelOptions: retryingClient(Number(client), ['INTERNAL']) } },
              caughtBy: `attempts: expected ${TRIES}, got ${Number(client) * TRIES}`,
            },
          ],
    };
  },
);

/** A server may tell a client not to come back (gRFC A6, pushback). The gateway does not read it. */
const pushedBack = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'retries/pushed-back',
  row: 'S6',
  title: 'A server that tells its client not to retry is obeyed by the client, and not by the gateway.',
  configuration: 'retries',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    deadlineMs: 15_000,
    channelOptions: retryingClient(3),
    script: { steps: [{ status: 'UNAVAILABLE', trailers: { 'grpc-retry-pushback-ms': '-1' } }] },
  },
  expectation: {
    rpc: { status: 'UNAVAILABLE', count: 0, servedBy: { service: SERVICE } },
    ledger: { attempts: TRIES, service: SERVICE },
  },
  sabotages: [
    {
      name: 'a server that does not push back',
      change: { script: { steps: [{ status: 'UNAVAILABLE' }] } },
      caughtBy: `attempts: expected ${TRIES}, got ${3 * TRIES}`,
    },
  ],
}));

/** What bounds retries, and what multiplies them. */
export const limitCases: readonly Case[] = [...limited, ...multiplied, ...pushedBack];
