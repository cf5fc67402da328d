import { statusCode, type StatusName } from '../../src/clients/grpc-status.ts';
import { digest, patternPayload } from '../../src/clients/messages.ts';
import type { HttpRecord, ReceivedMessage, RpcRecord, TlsRecord } from '../../src/clients/record.ts';
import type { AccessLogField } from '../../src/evidence/access-log-format.ts';
import type { LedgerEntry } from '../../src/evidence/ledger.ts';
import type { CallRecord, CaseRecord } from '../../src/conformance/case-record.ts';
import type {
  AdmissionExpectation,
  Expectation,
  HttpExpectation,
  LedgerExpectation,
  MetadataExpectation,
  NumberMatch,
  RpcExpectation,
  SpreadExpectation,
  TlsExpectation,
} from '../../src/conformance/expectation.ts';
import type { Witness } from '../../src/conformance/outcomes.ts';
import { framesFlips } from './mutate-frames.ts';
import { someEntry, someLine } from './samples.ts';

/** A passing record with one judged field changed, and the one mismatch that must follow. */
export interface Flip {
  readonly witness: Witness;
  /** How the mismatch's `what` begins. */
  readonly what: string;
  /** What another witness must say to it as well, where two of them have seen the same thing. */
  readonly also?: { readonly witness: Witness; readonly what: string };
  readonly record: CaseRecord;
}

/** A change of one part of a record, before it is put back into the whole. */
interface Change<R> {
  readonly what: string;
  readonly changed: R;
}

/** For each field of an expectation, how to make a record disagree with it. A field without an entry does not compile. */
type Flips<E, R> = {
  readonly [K in keyof E]-?: (expected: NonNullable<E[K]>, got: R) => readonly Change<R>[];
};

const FLIPPED = 'flipped';
const one = <R>(what: string, changed: R): Change<R>[] => [{ what, changed }];
const outside = (match: NumberMatch): number =>
  typeof match === 'number' ? match + 1 : match.max !== undefined ? match.max + 1 : (match.min ?? 0) - 1;

const metadataFlips = <R>(
  what: string,
  expected: MetadataExpectation,
  change: (key: string, value: readonly string[]) => R,
): Change<R>[] =>
  Object.keys(expected).map((key) => ({ what: `${what} ${key}`, changed: change(key, [FLIPPED]) }));

function flipsOf<E extends object, R>(flips: Flips<E, R>, expected: E, got: R): Change<R>[] {
  return (Object.keys(expected) as (keyof E)[]).flatMap((field) => {
    const wanted = expected[field];
    // A null expects that nothing is there, and undefined nothing at all.
    return wanted === undefined ? [] : [...flips[field](wanted as NonNullable<E[keyof E]>, got)];
  });
}

const message = (
  like: ReceivedMessage | undefined,
  expected: RpcExpectation | undefined,
): ReceivedMessage => {
  const sequence = Number(like?.body.sequence ?? 2) - 1;
  const payload = patternPayload(sequence, like?.payload?.size ?? expected?.payloadBytes ?? 0);
  return {
    atMs: like?.atMs ?? 1,
    body: { ...like?.body, sequence },
    payload: { size: payload.length, sha256: digest(payload) },
  };
};

const rpcFlips: Flips<RpcExpectation, RpcRecord> = {
  status: (expected, got) => {
    const name: StatusName = expected === 'DATA_LOSS' ? 'ABORTED' : 'DATA_LOSS';
    return one('grpc-status', {
      ...got,
      status: { ...got.status, details: got.status?.details ?? '', name },
    });
  },
  tolerated: () => [],
  peerIdentity: (_, got) => one("server's identity", { ...got, peerIdentity: FLIPPED }),
  details: (_, got) => one('grpc-message', { ...got, status: { ...got.status!, details: FLIPPED } }),
  statusFrom: (expected, got) =>
    one('place of the status', {
      ...got,
      status: { ...got.status!, from: expected === 'client' ? 'server' : 'client' },
    }),
  count: (_, got) =>
    one('messages received', { ...got, messages: [message(got.messages[0], undefined), ...got.messages] }),
  inOrder: (_, got) => {
    const [first, second, ...rest] = got.messages;
    return one('order of messages', {
      ...got,
      messages:
        second && first
          ? [{ ...second, atMs: first.atMs }, { ...first, atMs: second.atMs }, ...rest]
          : got.messages,
    });
  },
  payloadBytes: (_, got) => {
    const [first, ...rest] = got.messages;
    const payload = { size: first?.payload?.size ?? 0, sha256: digest(Buffer.from(FLIPPED)) };
    return one('payload of message', { ...got, messages: first ? [{ ...first, payload }, ...rest] : [] });
  },
  betweenFirstAndLastMs: (expected, got) => {
    const start = got.messages[0]?.atMs ?? 0;
    const last = got.messages.at(-1);
    return one('milliseconds between first and last', {
      ...got,
      messages: last ? [...got.messages.slice(0, -1), { ...last, atMs: start + outside(expected) }] : [],
    });
  },
  reply: (expected, got) =>
    Object.entries(expected).map(([field, wanted]) => {
      const last = got.messages.at(-1);
      const body = { ...last?.body, [field]: typeof wanted === 'number' ? wanted + 1 : FLIPPED };
      return {
        what: `field ${field} of the reply`,
        changed: { ...got, messages: last ? [...got.messages.slice(0, -1), { ...last, body }] : [] },
      };
    }),
  servedBy: (expected: { service: string; version?: string } | null, got) =>
    [
      ['service', 'served by'],
      ...(expected?.version === undefined ? [] : [['version', 'version of the service']]),
    ].map(([key, what]) => ({
      what: what!,
      changed: { ...got, trailers: { ...got.trailers, [`x-meshproof-${key}`]: [FLIPPED] } },
    })),
  initialMetadata: (expected, got) =>
    metadataFlips('initial metadata', expected, (key, value) => ({
      ...got,
      initialMetadata: { ...got.initialMetadata, [key]: value },
    })),
  trailers: (expected, got) =>
    metadataFlips('trailer', expected, (key, value) => ({
      ...got,
      trailers: { ...got.trailers, [key]: value },
    })),
  ended: (expected, got) => one('time to the status', { ...got, endedAtMs: expected.atMs - 100 }),
  http: (expected, got) => {
    const http = got.http!;
    return [
      ...(expected.status === undefined
        ? []
        : one('HTTP status', { ...got, http: { ...http, status: 599 } })),
      ...(expected.contentType === undefined
        ? []
        : one('content-type', { ...got, http: { ...http, contentType: FLIPPED } })),
      ...(expected.alpn === undefined ? [] : one('ALPN', { ...got, http: { ...http, alpn: FLIPPED } })),
    ];
  },
  page: (expected, got) => {
    const page = got.page!;
    return [
      ...(expected.error === undefined
        ? []
        : one("error of the page's script", { ...got, page: { ...page, error: FLIPPED } })),
      ...(expected.console === undefined
        ? []
        : one("browser's console", { ...got, page: { ...page, console: FLIPPED } })),
    ];
  },
  process: (expected, got) => {
    const process = got.process!;
    return [
      ...(expected.exitCode === undefined
        ? []
        : one('exit code', { ...got, process: { ...process, exitCode: 99 } })),
      ...(expected.stderr === undefined
        ? []
        : one('standard error', { ...got, process: { ...process, stderr: FLIPPED } })),
    ];
  },
};

const certificate = (got: TlsRecord) =>
  got.certificate ?? { subject: '', issuer: '', subjectAltName: '', serial: '', notAfter: '' };
const tlsFlips: Flips<TlsExpectation, TlsRecord> = {
  alpn: (_, got) => one('ALPN', { ...got, alpn: FLIPPED }),
  version: (_, got) => one('TLS version', { ...got, version: FLIPPED }),
  authorized: (expected: boolean, got) => one('verified chain', { ...got, authorized: !expected }),
  error: (_, got) => one('TLS failure', { ...got, error: FLIPPED }),
  issuer: (_, got) =>
    one("certificate's issuer", { ...got, certificate: { ...certificate(got), issuer: FLIPPED } }),
  subjectAltName: (_, got) =>
    one("certificate's names", { ...got, certificate: { ...certificate(got), subjectAltName: FLIPPED } }),
};

const httpFlips: Flips<HttpExpectation, HttpRecord> = {
  status: (expected, got) => one('HTTP status', { ...got, status: expected + 1 }),
  headers: (expected, got) =>
    metadataFlips('header', expected, (key, value) => ({
      ...got,
      headers: { ...got.headers, [key]: value },
    })),
  trailers: (expected, got) =>
    metadataFlips('trailer', expected, (key, value) => ({
      ...got,
      trailers: { ...got.trailers, [key]: value },
    })),
  body: (_, got) => one('body', { ...got, body: FLIPPED }),
  error: (_, got) => one('connection failure', { ...got, error: FLIPPED }),
};

type Entries = readonly LedgerEntry[];
const inLast = (got: Entries, change: Partial<LedgerEntry>): Entries =>
  got.length === 0 ? [] : [...got.slice(0, -1), { ...got.at(-1)!, ...change }];

const ledgerFlips: Flips<LedgerExpectation, Entries> = {
  attempts: (_, got) => one('attempts', [...got, got.at(-1) ?? someEntry()]),
  service: (_, got) => one('service', inLast(got, { deployment: FLIPPED })),
  services: (_, got) => one('services', inLast(got, { deployment: FLIPPED })),
  perAttempt: (expected, got) =>
    expected.flatMap(({ status, trailersOnly, deadlineMs }, i) => {
      const change = (part: Partial<LedgerEntry>) =>
        got.map((entry, at) => (at === i ? { ...entry, ...part } : entry));
      const other = statusCode(status === 'DATA_LOSS' ? 'ABORTED' : 'DATA_LOSS');
      return [
        ...(status === undefined ? [] : one('status', change({ status_code: other }))),
        ...(trailersOnly === undefined ? [] : one('trailers-only', change({ trailers_only: !trailersOnly }))),
        ...(deadlineMs === undefined
          ? []
          : one('grpc-timeout in ms', change({ deadline_ms: outside(deadlineMs) }))),
      ];
    }),
  metadata: (expected, got) =>
    metadataFlips('request metadata', expected, (key, value) =>
      inLast(got, { metadata: { ...got.at(-1)?.metadata, [key]: value } }),
    ).map((change) => ({ ...change, what: 'request metadata' })),
  authority: (_, got) => one('authority', inLast(got, { authority: FLIPPED })),
  peerIdentity: (_, got) => one("client's identity", inLast(got, { peer_identity: FLIPPED })),
  deadlineMs: (expected: NumberMatch | null, got) =>
    one('grpc-timeout in ms', inLast(got, { deadline_ms: expected === null ? 1 : outside(expected) })),
  received: (expected, got) =>
    one('request messages received', inLast(got, { received_count: expected + 1 })),
  sent: (expected: NumberMatch, got) =>
    one('reply messages sent', inLast(got, { sent_count: outside(expected) })),
  inOrder: (_, got) => {
    const [first, second, ...rest] = got.at(-1)?.received ?? [];
    return one(
      'order of request messages',
      inLast(got, { received: second && first ? [second, first, ...rest] : [] }),
    );
  },
  halfClosed: (expected: boolean, got) =>
    one('half-close seen', inLast(got, { half_close_seen: expected ? 0 : 1 })),
  cancelled: (expected: boolean, got) =>
    one('cancellation seen', inLast(got, { cancelled: expected ? 0 : 1 })),
};

const admissionFlips: Flips<AdmissionExpectation, NonNullable<CaseRecord['admission']>> = {
  accepted: (expected: boolean, got) => one('admission', { ...got, accepted: !expected }),
  message: (_, got) => one("API server's message", { ...got, message: FLIPPED }),
};

const podOf = (call: CallRecord) => call.ledger.at(-1)?.pod;
const withPod = (call: CallRecord, pod: string): CallRecord => ({
  ...call,
  ledger: inLast(call.ledger, { pod }),
});
const answeredBy = (call: CallRecord, client: RpcRecord, service: string): CallRecord => ({
  ...call,
  client: { ...client, trailers: { ...client.trailers, 'x-meshproof-service': [service] } },
});
const spreadFlips: Flips<SpreadExpectation, readonly CallRecord[]> = {
  pods: (_, calls) => {
    const [a, b] = [...new Set(calls.map(podOf))];
    const first = calls.findIndex((call) => podOf(call) !== undefined);
    return one(
      'pods that answered',
      // One pod less; or, where there is one only, one more.
      b === undefined
        ? calls.map((call, i) => (i === first ? withPod(call, FLIPPED) : call))
        : calls.map((call) => (podOf(call) === a ? withPod(call, b) : call)),
    );
  },
  // None of them ever ends; the case has more than may be there at once.
  atOnce: (_: NumberMatch, calls) =>
    one(
      'RPCs at once',
      calls.map((call) => ({ ...call, ledger: inLast(call.ledger, { status_sent: 0 }) })),
    ),
  services: (expected, calls) =>
    Object.entries(expected).map(([service, match]) => {
      // None at all is right where there is only a bound above: then all of them answer.
      const mayBeNone = typeof match !== 'number' && (match.min ?? 0) === 0;
      return {
        what: `RPCs answered by ${service}`,
        changed: calls.map((call, i): CallRecord => {
          if (call.client.kind !== 'rpc') return call;
          // Where none may be, one is too many; the others can spare it.
          if (match === 0) return i === 0 ? answeredBy(call, call.client, service) : call;
          if (mayBeNone) return answeredBy(call, call.client, service);
          return call.client.trailers['x-meshproof-service']?.[0] === service
            ? { ...call, client: { ...call.client, trailers: {} } }
            : call;
        }),
      };
    }),
  atLeastEach: (expected, calls) => {
    const [a, b] = [...new Set(calls.map(podOf))];
    let kept = 0;
    return one(
      'RPCs of each pod',
      calls.map((call) => (podOf(call) === a && ++kept >= expected ? withPod(call, b ?? FLIPPED) : call)),
    );
  },
};

/** Every way in which one judged field of a passing record can be made wrong. */
export function flips(expectation: Expectation, record: CaseRecord): Flip[] {
  const [first, ...others] = record.calls;
  const inCall = (witness: Witness, part: Partial<CallRecord>, what: string): Flip => ({
    witness,
    what,
    record: { ...record, calls: [{ ...first!, ...part }, ...others] },
  });
  const client = <R extends CallRecord['client']>(changes: readonly Change<R>[]) =>
    changes.map(({ what, changed }) => inCall('client', { client: changed }, what));
  const { preflight } = expectation;
  const { rpc, tls, http, admission, ledger, gateway, configuration, spread, connections, meanwhile } =
    expectation;
  const several = typeof connections === 'number' ? connections > 1 : (connections?.min ?? 0) > 1;
  return [
    ...(rpc && first?.client.kind === 'rpc' ? client(flipsOf(rpcFlips, rpc, first.client)) : []),
    ...(tls && first?.client.kind === 'tls' ? client(flipsOf(tlsFlips, tls, first.client)) : []),
    ...(http && first?.client.kind === 'http' ? client(flipsOf(httpFlips, http, first.client)) : []),
    ...(ledger && first
      ? flipsOf(ledgerFlips, ledger, first.ledger).map(({ what, changed }): Flip => ({
          ...inCall('ledger', { ledger: changed }, what),
          // An attempt that the service has seen must have passed the tap before it. Where it has seen none, something
          // else did pass: that covers for one.
          ...(what === 'attempts' && record.frames !== undefined && first.ledger.length > 0
            ? { also: { witness: 'frames', what: 'frames on the backend leg' } }
            : {}),
        }))
      : []),
    ...(gateway && first ? gatewayFlips(gateway, first, 'gateway', inCall) : []),
    ...(expectation.frames && first && record.frames
      ? framesFlips(expectation.frames, first.client.rpcId, record.frames).map(({ what, changed }): Flip => ({
          witness: 'frames',
          what,
          record: { ...record, frames: changed },
        }))
      : []),
    ...(preflight && first ? gatewayFlips(preflight, first, 'preflights', inCall) : []),
    ...(admission && record.admission
      ? flipsOf(admissionFlips, admission, record.admission).map(({ what, changed }): Flip => ({
          witness: 'configuration',
          what,
          record: { ...record, admission: changed },
        }))
      : []),
    ...(configuration ?? []).map(({ question }, i): Flip => ({
      witness: 'configuration',
      what: question.ask,
      record: {
        ...record,
        configuration: record.configuration.map((each, at) =>
          at === i ? { ...each, answer: FLIPPED } : each,
        ),
      },
    })),
    ...(spread
      ? flipsOf(spreadFlips, spread, record.calls).map(({ what, changed }): Flip => ({
          witness: what.startsWith('RPCs answered by') ? 'client' : 'ledger',
          what,
          record: { ...record, calls: changed },
        }))
      : []),
    ...(connections === undefined
      ? []
      : [
          {
            witness: 'gateway',
            what: "client's connections",
            record: {
              ...record,
              calls: record.calls.map((call) => ({
                ...call,
                // One for all; or one more, where one is expected.
                gateway: call.gateway.map((line) => ({
                  ...line,
                  ...(several ? { downstreamLocalAddress: 'one' } : {}),
                  connectionId: several ? 1 : call === first ? -1 : line.connectionId,
                })),
              })),
            },
          } satisfies Flip,
        ]),
    ...Object.entries(meanwhile ?? {}).flatMap(([as, each]) =>
      flips(each, { calls: record.meanwhile?.[as] ?? [], configuration: [] }).map((flip): Flip => ({
        ...flip,
        record: { ...record, meanwhile: { ...record.meanwhile, [as]: flip.record.calls } },
      })),
    ),
  ];
}

function gatewayFlips(
  expected: NonNullable<Expectation['gateway']>,
  call: CallRecord,
  part: 'gateway' | 'preflights',
  inCall: (witness: Witness, part: Partial<CallRecord>, what: string) => Flip,
): Flip[] {
  const logged = call[part] ?? [];
  const line = logged[0] ?? someLine();
  const lines = inCall('gateway', { [part]: [...logged, line] }, 'access-log lines');
  if (expected === 'no line') return [lines];
  return [
    lines,
    ...Object.entries(expected).map(([field, wanted]) => {
      const textual = wanted === null || typeof wanted === 'string' || wanted instanceof RegExp;
      const value = textual ? FLIPPED : outside(wanted);
      return inCall(
        'gateway',
        { [part]: [{ ...line, [field as AccessLogField]: value }] },
        `access log ${field}`,
      );
    }),
  ];
}
