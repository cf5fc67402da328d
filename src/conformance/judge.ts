import { describeQuestion } from '../evidence/config-questions.ts';
import type { CallRecord, CaseRecord } from './case-record.ts';
import type { Expectation, NumberMatch, SpreadExpectation } from './expectation.ts';
import { Findings, THE_CASE } from './findings.ts';
import { judgeHttp, judgeRpc, judgeTls } from './judge-client.ts';
import { judgeFramesOfCall, judgeGoaways } from './judge-frames.ts';
import { judgeGateway, judgeLedger } from './judge-mesh.ts';
import type { Mismatch } from './outcomes.ts';

/**
 * Compares what every witness said with what is expected, and reports each disagreement: none hides another. Pure:
 * the same record always gives the same answer. What the expectation does not name is not judged.
 */
export function judge(expectation: Expectation, record: CaseRecord): Mismatch[] {
  return [
    ...judgeCalls(expectation, record.calls, record.frames),
    ...Object.entries(expectation.meanwhile ?? {}).flatMap(([as, meanwhile]) =>
      judgeMeanwhile(meanwhile, record.meanwhile?.[as] ?? [], as),
    ),
    ...judgeConfiguration(expectation, record),
    ...judgeConnectionsFrames(expectation, record),
  ];
}

/** @param as the name of the action that made the calls; empty for the case's own */
function judgeCalls(
  expectation: Expectation,
  calls: readonly CallRecord[],
  frames: CaseRecord['frames'],
  as = '',
): Mismatch[] {
  const which = (i: number) => [
    ...(as === '' ? [] : [as]),
    ...(calls.length > 1 ? [`call ${i + 1} of ${calls.length}`] : []),
  ];
  return [
    ...calls.flatMap((call, i) =>
      judgeCall(expectation, call, frames, which(i).length > 0 ? ` (${which(i).join(', ')})` : '', i === 0),
    ),
    ...judgeSpread(expectation.spread, calls),
    ...judgeConnections(expectation.connections, calls),
  ];
}

function judgeMeanwhile(expectation: Expectation, calls: readonly CallRecord[], as: string): Mismatch[] {
  if (calls.length > 0) return judgeCalls(expectation, calls, undefined, as);
  const findings = new Findings('client', ` (${as})`);
  findings.add('calls', 'at least 1', '0', THE_CASE);
  return findings.mismatches;
}

function judgeCall(
  expectation: Expectation,
  call: CallRecord,
  frames: CaseRecord['frames'],
  which: string,
  isFirst: boolean,
): Mismatch[] {
  const { client, ledger, gateway, preflights = [] } = call;
  const byClient = new Findings('client', which);
  const { rpc, tls, http } = expectation;
  if (rpc !== undefined && client.kind === 'rpc') judgeRpc(rpc, client, byClient);
  else if (tls !== undefined && client.kind === 'tls') judgeTls(tls, client, byClient);
  else if (http !== undefined && client.kind === 'http') judgeHttp(http, client, byClient);
  else byClient.add('kind of record', rpc ? 'rpc' : tls ? 'tls' : 'http', client.kind, THE_CASE);

  const byLedger = new Findings('ledger', which);
  if (expectation.ledger !== undefined) judgeLedger(expectation.ledger, ledger, byLedger);
  const byGateway = new Findings('gateway', which);
  if (expectation.gateway !== undefined) judgeGateway(expectation.gateway, gateway, byGateway);
  const byFrames = new Findings('frames', which);
  if (frames !== undefined) judgeFramesOfCall(expectation, call, frames, byFrames);
  const byPreflight = new Findings('gateway', ` of the preflight${which}`);
  if (expectation.preflight !== undefined) {
    judgeGateway(isFirst ? expectation.preflight : 'no line', preflights, byPreflight);
  }
  return [byClient, byFrames, byLedger, byGateway, byPreflight].flatMap(({ mismatches }) => mismatches);
}

function judgeConnectionsFrames({ frames = {} }: Expectation, record: CaseRecord): Mismatch[] {
  const findings = new Findings('frames');
  if (record.frames !== undefined) judgeGoaways(frames, record.frames, findings);
  return findings.mismatches;
}

/** How many pods answered is for all calls together; the ledger says which pod had which. */
function judgeSpread(expected: SpreadExpectation | undefined, calls: readonly CallRecord[]): Mismatch[] {
  if (expected === undefined) return [];
  const findings = new Findings('ledger');
  const byClients = new Findings('client');
  const answered = new Map<string, number>();
  for (const pod of calls.flatMap(({ ledger }) => ledger.at(-1)?.pod ?? [])) {
    answered.set(pod, (answered.get(pod) ?? 0) + 1);
  }
  const shown = [...answered].map(([pod, count]) => `${pod}: ${count}`).join(', ');
  const source = 'Istio: protocol selection';
  if (expected.pods !== undefined && answered.size !== expected.pods) {
    findings.add('pods that answered', String(expected.pods), `${answered.size} (${shown})`, source);
  }
  const least = Math.min(...answered.values());
  if (answered.size > 0 && least < (expected.atLeastEach ?? 1)) {
    findings.add('RPCs of each pod', `at least ${expected.atLeastEach ?? 1}`, shown, source);
  }
  if (expected.atOnce !== undefined)
    findings.number('RPCs at once', expected.atOnce, mostAtOnce(calls), 'RFC 9113, section 5.1.2');
  const deployments = calls.map(({ client }) =>
    client.kind === 'rpc' ? client.trailers['x-meshproof-service']?.[0] : undefined,
  );
  for (const [service, share] of Object.entries(expected.services ?? {})) {
    const count = deployments.filter((deployment) => deployment === service).length;
    byClients.number(`RPCs answered by ${service}`, share, count, 'Istio: HTTPRouteDestination.weight');
  }
  return [...findings.mismatches, ...byClients.mismatches];
}

/** A server sends the status before anybody can take the place of its RPC: so none is counted with its successor. */
function mostAtOnce(calls: readonly CallRecord[]): number {
  const times = calls
    .flatMap(({ ledger }) => ledger)
    .flatMap(({ started, status_sent: until }) => [
      { at: started, by: 1 },
      ...(until === 0 ? [] : [{ at: until, by: -1 }]),
    ])
    .toSorted((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  let most = 0;
  for (const { by } of times) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

/** Each of the gateway's pods numbers the connections of its clients. */
function judgeConnections(expected: NumberMatch | undefined, calls: readonly CallRecord[]): Mismatch[] {
  const findings = new Findings('gateway');
  const numbers = new Set(
    calls.flatMap(({ gateway }) =>
      gateway.map(({ connectionId, downstreamLocalAddress: pod }) => `${pod} ${connectionId}`),
    ),
  );
  findings.number("client's connections", expected, numbers.size, 'Envoy: %CONNECTION_ID%');
  return findings.mismatches;
}

function judgeConfiguration({ admission, configuration }: Expectation, record: CaseRecord): Mismatch[] {
  const findings = new Findings('configuration');
  if (admission !== undefined) {
    const got = record.admission;
    const word = (accepted: boolean) => (accepted ? 'accepted' : 'refused');
    if (got?.accepted !== admission.accepted) {
      const said =
        got === undefined ? 'not asked' : `${word(got.accepted)}${got.message && `: ${got.message}`}`;
      findings.add('admission', word(admission.accepted), said, 'Istio validation webhook');
    }
    findings.text("API server's message", admission.message, got?.message, 'Istio validation webhook');
  }
  for (const { question, answer } of configuration ?? []) {
    const about = describeQuestion(question);
    const got = record.configuration.find((each) => describeQuestion(each.question) === about)?.answer;
    findings.text(about, answer, got, "the gateway's config_dump");
  }
  return findings.mismatches;
}

/** A mismatch as one line of text. */
export const describeMismatch = ({ witness, what, expected, got, source }: Mismatch): string =>
  `${witness}: ${what}: expected ${expected}, got ${got} [${source}]`;
