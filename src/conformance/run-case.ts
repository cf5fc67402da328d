import { randomUUID } from 'node:crypto';
import type { CallIds } from '../clients/call-metadata.ts';
import { Course } from '../clients/course.ts';
import { callCount, invoke } from '../clients/invoke.ts';
import type { ClientInvocation } from '../clients/invocation.ts';
import type { ClientRecord } from '../clients/record.ts';
import { invokePlainHttp } from '../clients/plain-http.ts';
import { SetupError, WaitTimeoutError } from '../errors.ts';
import type { AccessLogLine } from '../evidence/access-log-format.ts';
import { answerOf } from '../evidence/config-questions.ts';
import { performActions } from './actions.ts';
import { awaitedAttempts } from './awaited-attempts.ts';
import type { InEffect } from './configured.ts';
import type { CallRecord, CaseRecord } from './case-record.ts';
import { expectationOf, versionsThatMatter } from './expectation-of.ts';
import type { Expectation } from './expectation.ts';
import { limitOf, type Case } from './model.ts';
import type { Session } from './session.ts';

/**
 * Of a case with more RPCs than this the ledger is asked for what is expected of it and no more: one collector answers
 * for all.
 */
const MANY = 100;

/** What became of a case, and under which configurations. */
export interface CaseRun {
  readonly record: CaseRecord;
  /** Those that were in effect when its actions made their calls, by the names of these. */
  readonly during: Readonly<Record<string, InEffect>>;
}

/**
 * Does what a case says and gathers what every witness says about it. Judges nothing. What its actions have changed
 * stays changed.
 *
 * @throws HarnessError when a witness could not be asked; never because of what one said
 */
export async function runCase(each: Case, session: Session): Promise<CaseRun> {
  const { invocation } = each;
  const { istio, envoy } = session;
  const versions = versionsThatMatter(each, { istio, ...(envoy === undefined ? {} : { envoy }) });
  const expectation = expectationOf(each, versions);
  if (invocation.client === 'admission') {
    const admission = await session.admit(invocation.yaml);
    return { record: { ...versions, calls: [], admission, configuration: [] }, during: {} };
  }
  const during: Record<string, InEffect> = {};
  const configuration: CaseRecord['configuration'][number][] = [];
  const calls =
    invocation.client === 'configuration'
      ? { calls: [] }
      : await runCalls(each, invocation, expectation, session, during);
  for (const { question } of expectation.configuration ?? []) {
    configuration.push({ question, answer: await answerOf(question, session.configDump) });
  }
  return { record: { ...versions, ...calls, configuration }, during };
}

/**
 * Whether a case runs through taps. What a bare handshake shows is of the gateway's own TLS, never of a tap's, and so
 * is a client's certificate; a tap shows one span of time, and a case with actions has several.
 */
const isTapped = (each: Case, { tapped }: Session): boolean =>
  each.invocation.client !== 'tls' &&
  each.actions === undefined &&
  !('clientCertificate' in each.invocation) &&
  (tapped || isJudgedByFrames(each));

/** From there the taps' loopback is not reached. */
const isInContainer = (invocation: ClientInvocation): boolean =>
  ['grpc-go', 'pod'].includes(invocation.client) ||
  ('runsAs' in invocation && invocation.runsAs === 'container');

const isJudgedByFrames = ({ expectation, sinceIstio = {}, sinceEnvoy = {} }: Case): boolean =>
  [expectation, ...Object.values(sinceIstio), ...Object.values(sinceEnvoy)].some((each) => 'frames' in each);

/** The case's own calls, and beside them its actions with theirs. */
async function runCalls(
  each: Case,
  invocation: ClientInvocation,
  expectation: Expectation,
  session: Session,
  during: Record<string, InEffect>,
): Promise<Pick<CaseRecord, 'calls' | 'frames' | 'meanwhile'>> {
  const target = await session.targetFor(invocation);
  const direct = target === session.target && !isInContainer(invocation);
  await using tap = direct && isTapped(each, session) ? await session.tap() : undefined;
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(limitOf(each))]);
  const gather = (clients: readonly ClientRecord[], expected: Expectation) =>
    Promise.all(
      clients.map((client) => witnessed(client, each.name, expected, session, clients.length > MANY)),
    );
  const ids = callIds(invocation, each.name);
  const course = new Course();
  const from = Date.now();
  const [clients, meanwhile] = await Promise.all([
    invoke(invocation, tap?.target ?? target, ids, signal, course),
    performActions(each.actions ?? [], {
      session,
      signal,
      calls: ids.length,
      behind: (messages) =>
        course.behind(
          ids.map(({ rpcId }) => rpcId),
          messages,
        ),
      call: async (made, as) => {
        during[as] = session.inEffect();
        return gather(
          await invoke(made, await session.targetFor(made), callIds(made, each.name), signal),
          expectation.meanwhile?.[as] ?? {},
        );
      },
    }).finally(() => {
      course.release();
    }),
  ]);
  const until = Date.now();
  session.signal.throwIfAborted();
  const calls = await gather(clients, expectation);
  if (each.actions !== undefined) return { calls, meanwhile };
  if (tap === undefined) return { calls };
  const entries = calls.flatMap(({ ledger }) => ledger);
  const rpcIds = ids.map(({ rpcId }) => rpcId);
  const seen = await session.ledger.sightings(
    rpcIds,
    entries,
    { from, until },
    seenAtLeast(expectation),
    session.signal,
  );
  return { calls, frames: [...(await tap.connections()), ...seen] };
}

/** Bytes that are no RPC leave no entry in the ledger: how many sightings to wait for is then only in what is expected. */
const seenAtLeast = ({ frames: { backend } = {} }: Expectation): number =>
  backend === undefined || backend.streams === 0 ? 0 : 1;

const callIds = (invocation: ClientInvocation, caseName: string): CallIds[] =>
  Array.from({ length: callCount(invocation) }, () => ({ caseName, rpcId: randomUUID() }));

/** The gateway first: when its line is there the RPC is over for it, and no further attempt will reach a service. */
async function witnessed(
  client: ClientRecord,
  caseName: string,
  { gateway, ledger, spread }: Expectation,
  session: Session,
  sparing: boolean,
): Promise<CallRecord> {
  const ids = { caseName, rpcId: client.rpcId };
  const lines = await gatewayLines(ids, gateway, session);
  if (sparing && ledger === undefined && spread?.pods === undefined && spread?.atOnce === undefined)
    return { client, gateway: lines, ledger: [] };
  // A line that did not come was waited for longer than a server's entry would be.
  const isSilent = typeof gateway === 'object' && lines.length === 0;
  const entries =
    ledger === undefined || isSilent
      ? await session.ledger.entriesOf(client.rpcId)
      : await session.ledger.settledEntriesOf(client.rpcId, awaitedAttempts(ledger, lines), session.signal);
  const isPage = client.kind === 'rpc' && client.client === 'browser';
  const preflights = isPage ? { preflights: session.gatewayLog.preflightsOf(client.rpcId) } : {};
  return { client, gateway: lines, ...preflights, ledger: entries };
}

async function gatewayLines(
  { caseName, rpcId }: CallIds,
  expected: Expectation['gateway'],
  { gatewayLog, target, signal }: Session,
): Promise<readonly AccessLogLine[]> {
  if (expected === undefined) return gatewayLog.linesOf(rpcId);
  if (expected !== 'no line') {
    try {
      return await gatewayLog.waitForLines(rpcId, 1, signal);
    } catch (error) {
      if (error instanceof WaitTimeoutError) return gatewayLog.linesOf(rpcId);
      throw error;
    }
  }
  // Envoy writes its log in order: when the line of a later request is there, an earlier one would be there too.
  const later = { caseName, rpcId: `${rpcId}-later` };
  for (const transport of ['h2c', 'tls'] as const) {
    const probe = { client: 'http', transport, http: '1.1', verb: 'GET', path: '/meshproof-later' } as const;
    const reply = await invokePlainHttp(probe, target, later, signal);
    if (reply.status === 0) continue;
    await gatewayLog.waitForLines(later.rpcId, 1, signal);
    return gatewayLog.linesOf(rpcId);
  }
  throw new SetupError('the gateway answers on no port, so its silence about the RPC cannot be proven');
}
