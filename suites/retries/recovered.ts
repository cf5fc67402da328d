import { expand, type Case } from '../../src/conformance/model.ts';
import { requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { VIRTUAL_SERVICE, attemptsZero, otherRetryOn } from './sabotages.ts';

const SERVICE = 'grpc-service';
/** `attempts: 3` counts retries, so that the first try comes on top. */
const TRIES = 4;

/** Whatever the kind: what the client has sent so far is kept by the gateway, and sent again. */
const recovered = expand({ transport: TRANSPORTS, kind: RPC_KINDS }, ({ transport, kind }): Case => {
  const requests = requestsFor(kind, 3, 100);
  return {
    name: 'retries/recovered',
    row: 'S6',
    title: `A ${kind} RPC that fails three times, before any header, and then succeeds is OK to its client.`,
    configuration: 'retries',
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS.greeter[kind],
      requests,
      deadlineMs: 15_000,
      script: { failFirst: { attempts: TRIES - 1, steps: [{ status: 'UNAVAILABLE' }] } },
    },
    expectation: {
      rpc: { status: 'OK', ...repliesTo(kind, 3, 100), servedBy: { service: SERVICE } },
      ledger: {
        attempts: TRIES,
        service: SERVICE,
        perAttempt: [
          ...Array.from(
            { length: TRIES - 1 },
            () => ({ status: 'UNAVAILABLE', trailersOnly: true }) as const,
          ),
          { status: 'OK', trailersOnly: false },
        ],
        ...requestsSeen(requests.length),
        halfClosed: true,
      },
      gateway: { ...wayIn(transport), ...routedTo(SERVICE), attempts: TRIES },
    },
    sabotages: [attemptsZero('grpc-status: expected OK, got UNAVAILABLE')],
  };
});

const configured: Case = {
  name: 'retries/configuration/seed',
  row: 'S6',
  title: "Istio hands the seed's policy on to Envoy as it is written.",
  configuration: 'retries',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [
      {
        question: { ask: 'route retries', virtualService: VIRTUAL_SERVICE },
        answer: '3 on unavailable,resource-exhausted,internal per 20s',
      },
      { question: { ask: 'route timeout', virtualService: VIRTUAL_SERVICE }, answer: '60s' },
    ],
  },
  sabotages: [attemptsZero('got none'), otherRetryOn('got 3 on cancelled,deadline-exceeded per 20s')],
};

export const recoveredCases: readonly Case[] = [...recovered, configured];
