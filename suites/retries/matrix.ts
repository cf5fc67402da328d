import { STATUS_NAMES, statusCode, type StatusName } from '../../src/clients/grpc-status.ts';
import type { RpcKind } from '../../src/clients/protos.ts';
import type { Step } from '../../src/clients/script.ts';
import type { Transport } from '../../src/clients/target.ts';
import type { GatewayExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, requestsFor } from '../requests.ts';
import { attemptsZero, otherRetryOn, retryOnHttpStatus, wrongRetryOn } from './sabotages.ts';

const SERVICE = 'grpc-service';
const REQUESTS = 3;
const PAYLOAD = 100;
/** What the failing server says. */
export const MESSAGE = 'as the script says';
const FAILURES = STATUS_NAMES.filter((name) => name !== 'OK');

/** How far the reply has come when the status is sent. Envoy decides about a retry at the response headers. */
const STAGES = ['trailers-only', 'after-headers', 'after-first-message'] as const;
type Stage = (typeof STAGES)[number];

/** A retry policy as it is at the gateway. */
interface Policy {
  /** Part of the cases' names. */
  readonly name: 'seed' | 'default';
  readonly configuration: string;
  /** The statuses that it names. */
  readonly retried: readonly StatusName[];
  /** The first try and all retries. */
  readonly tries: number;
}

/** `attempts: 3` counts retries, so that the first try comes on top. */
const SEED: Policy = {
  name: 'seed',
  configuration: 'retries',
  retried: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL'],
  tries: 4,
};
/** Istio's own policy: 2 retries (istio `pilot/pkg/networking/core/route/retry`). */
const DEFAULT: Policy = {
  name: 'default',
  configuration: 'retries-default',
  retried: ['UNAVAILABLE', 'CANCELLED'],
  tries: 3,
};

/** How the access log shows an RPC whose last retry failed too. */
export const exhausted = (service: string, grpcStatus: number, attempts: number): GatewayExpectation => ({
  ...routedTo(service, grpcStatus),
  responseFlags: 'URX',
  attempts,
});

/** A status as it stands in a case's name. */
const slug = (status: StatusName): string => status.toLowerCase().replaceAll('_', '-');
const bySlug = (name: string): StatusName => FAILURES.find((status) => slug(status) === name) ?? 'OK';

/** What the server has sent by then. Each try has read all requests, so that none fails before they have arrived. */
const BEFORE: Readonly<Record<Stage, readonly Step[]>> = {
  'trailers-only': [{ awaitHalfClose: true }],
  'after-headers': [{ awaitHalfClose: true }, { headers: { 'x-first': 'words' } }],
  'after-first-message': [{ awaitHalfClose: true }, { messages: { payloadBytes: PAYLOAD } }],
};

interface Failure {
  readonly transport: Transport;
  readonly stage: Stage;
  readonly kind: RpcKind;
  readonly status: StatusName;
}

/** An RPC that fails whenever it is tried, and how often a policy must have it tried. */
function failing(policy: Policy, name: string, { transport, stage, kind, status }: Failure): Case {
  const early = stage === 'trailers-only';
  const retried = early && policy.retried.includes(status);
  const tries = retried ? policy.tries : 1;
  const requests = requestsFor(kind, REQUESTS, PAYLOAD);
  const streams = kind === 'server-stream' || kind === 'bidi';
  const code = statusCode(status);
  return {
    name: `retries/${policy.name}/${name}`,
    row: 'S6',
    title: `${status} ${early ? 'in a trailers-only reply to' : `${stage.replaceAll('-', ' ')} of`} a ${kind} RPC is tried ${tries === 1 ? 'once' : `${tries} times`}.`,
    configuration: policy.configuration,
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS.greeter[kind],
      requests,
      deadlineMs: 15_000,
      script: { steps: [...BEFORE[stage], { status, message: MESSAGE }] },
    },
    expectation: {
      rpc: {
        status,
        details: MESSAGE,
        // grpc-js hands the one reply of a unary or client-streaming RPC on only when the status is OK.
        count: stage === 'after-first-message' && streams ? 1 : 0,
        servedBy: { service: SERVICE },
        ...(stage === 'after-headers' ? { initialMetadata: { 'x-first': 'words' } } : {}),
      },
      ledger: {
        attempts: tries,
        service: SERVICE,
        perAttempt: Array.from({ length: tries }, () => ({ status, trailersOnly: early })),
        ...requestsSeen(requests.length),
        halfClosed: true,
      },
      gateway: {
        ...wayIn(transport),
        ...(retried ? exhausted(SERVICE, code, tries) : routedTo(SERVICE, code)),
      },
    },
    sabotages: sabotagesOf(policy, { stage, status }, tries),
  };
}

/** What each case must see: a policy that is off, one with other names, one that goes by the HTTP status. */
function sabotagesOf(
  policy: Policy,
  { stage, status }: Pick<Failure, 'stage' | 'status'>,
  tries: number,
): [Sabotage, ...Sabotage[]] {
  const early = stage === 'trailers-only';
  const { name } = policy;
  if (tries > 1) {
    return [
      attemptsZero(`attempts: expected ${tries}, got 1`),
      ...(name === 'seed' ? [otherRetryOn('attempts: expected 4, got 1')] : []),
    ];
  }
  return [
    retryOnHttpStatus('attempts: expected 1, got 4'),
    ...(early && (status === 'CANCELLED' || status === 'DEADLINE_EXCEEDED')
      ? [otherRetryOn('attempts: expected 1, got 4')]
      : []),
    ...(name === 'seed' && early && status === 'UNKNOWN' ? [wrongRetryOn] : []),
  ];
}

/** The seed's policy in full, over TLS. */
const seed = expand(
  { stage: STAGES, kind: RPC_KINDS, status: FAILURES.map(slug) },
  ({ stage, kind, status }) =>
    failing(SEED, 'tls', { transport: 'tls', stage, kind, status: bySlug(status) }),
);

/** Over plaintext what differs is the way in: each status once. */
const plaintext = expand({ status: FAILURES.map(slug) }, ({ status }) =>
  failing(SEED, 'h2c/trailers-only/unary', {
    transport: 'h2c',
    stage: 'trailers-only',
    kind: 'unary',
    status: bySlug(status),
  }),
);

/** Istio's default policy, wherever it may act; and that it does not act later for the statuses that it names. */
const defaults = expand(
  { stage: STAGES, kind: RPC_KINDS, status: FAILURES.map(slug) },
  ({ stage, kind, status: name }) => {
    const status = bySlug(name);
    return stage === 'trailers-only' || DEFAULT.retried.includes(status)
      ? failing(DEFAULT, 'tls', { transport: 'tls', stage, kind, status })
      : undefined;
  },
);

/** 16 statuses, at each stage of the reply, for each kind of RPC: the exact number of tries. */
export const matrixCases: readonly Case[] = [...seed, ...plaintext, ...defaults];
