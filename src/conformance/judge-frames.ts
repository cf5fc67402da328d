import { judgeFrames } from '../frames/resets/judge.ts';
import type { OrderedEnd, RpcFacts } from '../frames/resets/table.ts';
import {
  partyOf,
  type ConnectionTimeline,
  type EventOf,
  type FrameEvent,
  type Leg,
} from '../frames/timeline/events.ts';
import { rpcTimeline, type RpcStream, type RpcTimeline } from '../frames/timeline/rpc-timeline.ts';
import { errorCode } from '../frames/wire/protocol.ts';
import type { CallRecord } from './case-record.ts';
import type {
  Expectation,
  FramesExpectation,
  LegExpectation,
  ResetExpectation,
  ResponseEnd,
} from './expectation.ts';
import type { Findings } from './findings.ts';

const GRPC = 'gRPC PROTOCOL-HTTP2.md';
const LEGS = ['client', 'backend'] as const;

/** Judges what the taps saw of one RPC: by the rule for all, and by what the case expects of it. */
export function judgeFramesOfCall(
  expectation: Expectation,
  call: CallRecord,
  connections: readonly ConnectionTimeline[],
  findings: Findings,
): void {
  const timeline = rpcTimeline(call.client.rpcId, connections);
  const expected = expectation.frames ?? {};
  const declared = LEGS.filter((leg) => isDeclared(expected[leg]));
  for (const { what, expected: wanted, got, source } of judgeFrames(timeline, factsOf(expected, call))) {
    // What a leg has a protocol other than HTTP/2 for is judged below.
    if (declared.some((leg) => what === `protocol on the ${leg} leg`)) continue;
    // How an RPC ends that must fail is for the case to say; HTTP/2 must be kept to all the same.
    if (mustSucceed(expectation) || what.startsWith('frames ')) findings.add(what, wanted, got, source);
  }
  judgePresence(call, timeline, findings);
  for (const leg of LEGS) judgeLeg(leg, expected[leg] ?? {}, timeline, findings);
}

/** Judges what the connections did that the RPCs of a case went over. */
export function judgeGoaways(
  { goaways = [] }: FramesExpectation,
  connections: readonly ConnectionTimeline[],
  findings: Findings,
): void {
  for (const { leg, by, code } of goaways) {
    const seen = connections
      .filter((connection) => connection.leg === leg)
      .flatMap(({ events }) => events)
      .filter((event): event is EventOf<'GOAWAY'> => event.kind === 'GOAWAY')
      .map((event) => `from the ${partyOf(leg, event.from)} with ${errorCode(event.code)}`);
    const wanted = `from the ${by} with ${errorCode(code)}`;
    if (!seen.includes(wanted))
      findings.add(`GOAWAY on the ${leg} leg`, wanted, listed(seen), 'RFC 9113, section 6.8');
  }
}

/** Whether the RPC must succeed, by what its client must see. */
function mustSucceed({ rpc, http }: Expectation): boolean {
  if (rpc !== undefined) return rpc.status === 'OK';
  if (http === undefined || http.status < 200 || http.status >= 400) return false;
  // A gRPC reply is a 200 however the RPC ends.
  const status = http.headers?.['grpc-status'] ?? '0';
  return status === '0';
}

const isDeclared = (leg: LegExpectation | undefined): boolean =>
  leg?.protocol !== undefined && leg.protocol !== 'HTTP/2';

function factsOf({ ordered = [], client, backend }: FramesExpectation, call: CallRecord): RpcFacts {
  const resets = ({ resets = [] }: LegExpectation = {}, leg: Leg): OrderedEnd[] =>
    resets.flatMap(({ by, code }) =>
      [code].flat().map((each) => ({ kind: 'RST_STREAM' as const, leg, by, code: each })),
    );
  const told = call.ledger.flatMap(({ deadline_ms: ms }) => (ms > 0 ? [ms] : []));
  const least = Math.min(...told);
  return {
    ...(call.client.kind === 'rpc' && call.client.status !== undefined
      ? { clientStatus: call.client.status.name }
      : {}),
    // The gateway tells the service as grpc-timeout when it will give up: per try, or the whole request.
    timers: least === Infinity ? {} : { perTryMs: least },
    ordered: [...ordered, ...resets(client, 'client'), ...resets(backend, 'backend')],
  };
}

/** What another witness has seen of an RPC must have passed the taps. */
function judgePresence({ gateway, ledger }: CallRecord, { streams }: RpcTimeline, findings: Findings): void {
  const seen = (leg: Leg): number => streams.filter((stream) => stream.leg === leg).length;
  if (gateway.length > 0 && seen('client') === 0)
    findings.add('frames on the client leg', "the RPC's, which the gateway has logged", 'none', GRPC);
  const tapped = ledger.filter((entry) => entry.tapped).length;
  if (seen('backend') < tapped)
    findings.add(
      'frames on the backend leg',
      `${tapped} streams, as in the ledger`,
      String(seen('backend')),
      GRPC,
    );
}

function judgeLeg(leg: Leg, expected: LegExpectation, timeline: RpcTimeline, findings: Findings): void {
  const streams = timeline.streams.filter((stream) => stream.leg === leg);
  const where = `on the ${leg} leg`;
  findings.equal(`streams ${where}`, expected.streams, streams.length, 'Istio HTTPRetry');
  if (expected.protocol !== undefined) {
    const spoken = streams[0] === undefined ? 'nothing' : protocolOf(streams[0]);
    findings.text(`protocol ${where}`, expected.protocol, spoken, 'gRPC PROTOCOL-HTTP2.md');
  }
  if (expected.resets !== undefined) judgeResets(leg, expected.resets, streams, findings);
  const last = streams.at(-1);
  findings.equal(
    `end of the response ${where}`,
    expected.responseEnds,
    last === undefined ? undefined : responseEnd(last.events),
    GRPC,
  );
}

function judgeResets(
  leg: Leg,
  expected: readonly ResetExpectation[],
  streams: readonly RpcStream[],
  findings: Findings,
): void {
  const got = streams
    .flatMap(({ events }) => events)
    .filter((event) => event.kind === 'RST_STREAM')
    .map(({ from, code }) => ({ by: partyOf(leg, from), code }));
  const agrees =
    got.length === expected.length &&
    expected.every(({ by, code }, i) => got[i]?.by === by && [code].flat().includes(got[i].code));
  if (agrees) return;
  const text = (by: string, codes: readonly number[]): string =>
    `${codes.map(errorCode).join(' or ')} from the ${by}`;
  findings.add(
    `RST_STREAM on the ${leg} leg`,
    listed(expected.map(({ by, code }) => text(by, [code].flat()))),
    listed(got.map(({ by, code }) => text(by, [code]))),
    'RFC 9113, section 6.4',
  );
}

const listed = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', then '));

function protocolOf({ streamId, events }: RpcStream): string {
  const stray = events.find((event) => event.kind === 'NOT_HTTP2');
  return streamId === 0 && stray !== undefined ? stray.looksLike : 'HTTP/2';
}

function responseEnd(events: readonly FrameEvent[]): ResponseEnd {
  const response = events.filter(
    ({ from, kind }) => from === 'server' && (kind === 'HEADERS' || kind === 'DATA'),
  );
  const last = response.findLast(
    (event) => (event.kind === 'HEADERS' || event.kind === 'DATA') && event.endStream,
  );
  if (last === undefined) return 'never';
  if (last.kind === 'DATA') return 'data';
  return response.length === 1 ? 'trailers-only' : 'trailers';
}
