import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { INGRESS_GATEWAY, type MeshSession, openMeshSession } from '../conformance/mesh-session.ts';
import type { Environment } from '../environments/environment.ts';
import { manifestFolder } from '../environments/samples.ts';
import { SetupError } from '../errors.ts';
import type { LedgerEntry } from '../evidence/ledger.ts';
import { Cluster } from '../kubernetes/cluster.ts';
import { type LiveDifference, liveDifference } from '../evidence/live-configuration.ts';
import { askLive } from './live.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { delay, done, notYet, waitFor } from '../waiting.ts';
import { accountFor, type Account, type Mark } from './account.ts';
import { PUSHED_HEADER, type Change, type ChangeStep } from './change.ts';
import type { Attempt } from './fate.ts';
import { judgeTraffic, type TrafficFinding } from './judge.ts';
import { performSteps, stepText, waitForNoneEnding, type ChangeScene } from './perform.ts';
import type { TrafficVolume } from './plan.ts';
import { Traffic, type ClientSide } from './traffic.ts';
import { WorkloadAuthorities } from './workload-ca.ts';

/** A change that was made under traffic, and what came of it. */
export interface ChangeResult {
  readonly change: string;
  readonly title: string;
  readonly volume: TrafficVolume;
  /** Name of the sabotage that it was made under. */
  readonly sabotage?: string;
  /** With a sabotage, whether it was caught, by what was foretold. */
  readonly caught?: boolean;
  readonly findings: readonly TrafficFinding[];
  readonly account: Account;
  /** How what the gateway runs with has changed; of changes that ask for it. */
  readonly live?: LiveDifference;
}

export interface ChangeRun {
  readonly environment: Environment;
  readonly change: Change;
  readonly volume: TrafficVolume;
  readonly sabotaged: boolean;
  /** Absolute folder for the session's own files. */
  readonly results: string;
  readonly signal: AbortSignal;
  readonly onStage: (text: string) => void;
}

/** Seconds of traffic before the change, which show what is normal. */
const BEFORE_SECONDS = 5;
const CONFIGURATION = 'traffic';

/**
 * Makes one change under live traffic, and accounts for every RPC.
 *
 * @throws SetupError when the traffic was not well before the change
 */
export async function runChange(run: ChangeRun): Promise<ChangeResult> {
  const { environment, change, volume, sabotaged, signal, onStage } = run;
  const session = await openMeshSession({
    environment,
    results: run.results,
    configurations: { [CONFIGURATION]: 'manifests/default' },
    patches: [],
    tapped: false,
    followsLog: false,
    signal,
  });
  onStage('configuring');
  await applyBase(session);
  const sabotage = sabotaged ? change.sabotage : undefined;
  const prepare = sabotage?.prepare ?? change.prepare ?? [];
  const steps = sabotage?.steps ?? change.steps;
  const cluster = new Cluster(environment.kubeconfig, environment.context);
  const { placement } = environment;
  const authorities = new WorkloadAuthorities(cluster, placement, session, signal);
  const scene: ChangeScene = { session, cluster, environment, authorities, signal };
  const restore = async () => {
    if (change.restore === undefined || signal.aborted) return;
    onStage('restoring');
    await performSteps(change.restore, scene);
  };
  let seen: Pick<ChangeResult, 'account' | 'live'>;
  try {
    onStage('preparing');
    await performSteps(prepare, scene);
    await Promise.all([...BUSY, INGRESS_GATEWAY].map((workload) => waitForNoneEnding(workload, scene)));
    const before = change.compareLive && (await askLive(session));
    const account = await underTraffic(session, scene, steps, run);
    seen = { account, ...(before && { live: liveDifference(before, await askLive(session)) }) };
  } catch (error) {
    // What came first is what has to be told.
    await restore().catch(() => undefined);
    throw error;
  }
  await restore();
  const { account, live } = seen;
  const findings = judgeTraffic(change.expectation, account);
  return {
    change: change.name,
    title: change.title,
    volume,
    ...(sabotage && {
      sabotage: sabotage.name,
      caught: findings.some(({ what, got }) => `${what}: ${got}`.includes(sabotage.caughtBy)),
    }),
    findings,
    account,
    ...(live && { live }),
  };
}

/** Deployments that the traffic goes to. The ledger's own is left alone: it is being listened to already. */
const BUSY = ['grpc-service', 'streaming-service'] as const;

/**
 * The default routes, with the seed's gRPC-Web filter beside them, and services that are fit for traffic: they do not
 * look at frames, and get a share of the processor that a handful of RPCs at a time did not need.
 */
async function applyBase(session: MeshSession): Promise<void> {
  const filter = await readFile(join(manifestFolder('grpc-web'), 'filter.yaml'), 'utf8');
  const container = '/spec/template/spec/containers/0';
  const patch = [
    { op: 'replace', path: `${container}/resources/requests/cpu`, value: '200m' },
    { op: 'add', path: `${container}/env/-`, value: { name: 'FRAME_TAP', value: 'off' } },
  ];
  // The patch as JSON: kustomize takes a bare `off` for a boolean.
  const manifests = BUSY.map((name) =>
    stringify({ target: { kind: 'Deployment', name }, patch: JSON.stringify(patch) }),
  );
  await session.useConfiguration(CONFIGURATION, { objects: [filter], manifests });
}

async function underTraffic(
  session: MeshSession,
  scene: ChangeScene,
  steps: readonly ChangeStep[],
  { change, volume, signal, onStage }: ChangeRun,
): Promise<Account> {
  onStage(`${volume.rate} RPC/s and ${volume.streams} streams, before the change`);
  // Of a gateway that a change has killed nothing could be asked.
  const isAbout = change.expectation.signs.includes('other workload CA');
  const issuer = async () => (isAbout ? ((await session.configDump.workloadIssuer()) ?? []) : []);
  const before = await issuer();
  const traffic = Traffic.start(session.target, volume);
  const marks: Mark[] = [];
  let clients: ClientSide;
  try {
    await delay(BEFORE_SECONDS * 1000, signal);
    if (traffic.failed > 0)
      throw new SetupError(`${traffic.failed} of ${traffic.count} RPCs failed before anything was changed`, {
        hint: 'Look at the mesh with "meshproof run --reuse --only default" first.',
      });
    await performSteps(steps, scene, (step) => {
      onStage(stepText(step));
      marks.push({ what: stepText(step), atMs: wallNow() });
    });
    marks.push({ what: 'change done', atMs: wallNow() });
    onStage(`watching for ${change.afterSeconds} s; ${traffic.failed} of ${traffic.count} RPCs lost so far`);
    await delay(change.afterSeconds * 1000, signal);
  } finally {
    clients = await traffic.stop();
  }
  onStage('asking the ledger');
  const attempts = await attemptsOf(session, clients, signal);
  return accountFor(clients, attempts, marks, [before, await issuer()].flat());
}

const wallNow = (): number => performance.timeOrigin + performance.now();

/** What the servers wrote down of the traffic, once nothing more is under way at them. */
async function attemptsOf(
  { ledger }: MeshSession,
  { caseName, sent }: ClientSide,
  signal: AbortSignal,
): Promise<Map<string, Attempt[]>> {
  const started = performance.now();
  const limit = 4 * sent.length + 1000;
  const entries = await waitFor<readonly LedgerEntry[]>(
    {
      subject: "the ledger's entries of the traffic",
      deadlineMs: TIMEOUTS.trafficLedger,
      tryMs: TIMEOUTS.trafficLedger,
      intervalMs: 500,
      signal,
    },
    async () => {
      const found = await ledger.entriesOfCase(caseName, limit);
      const open = found.entries.filter(({ closed }) => !closed).length;
      if (open > 0 && performance.now() - started < TIMEOUTS.ledgerSettle)
        return notYet(`${open} are not closed`);
      return done(found.entries);
    },
  );
  await ledger.forget(caseName);
  const attempts = new Map<string, Attempt[]>();
  for (const entry of entries) {
    const attempt: Attempt = {
      pod: entry.pod,
      deployment: entry.deployment,
      statusCode: entry.closed ? entry.status_code : -1,
      startedAtMs: entry.started,
      pushed: entry.metadata[PUSHED_HEADER] !== undefined,
    };
    const known = attempts.get(entry.rpc_id);
    if (known === undefined) attempts.set(entry.rpc_id, [attempt]);
    else known.push(attempt);
  }
  return attempts;
}
