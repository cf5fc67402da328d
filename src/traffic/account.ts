import { statusCode, type StatusName } from '../clients/grpc-status.ts';
import {
  FATES,
  fateOf,
  isQuiet,
  isWell,
  type Attempt,
  type ConnectionSeen,
  type Ending,
  type Fate,
  type StreamSeen,
} from './fate.ts';
import type { Latency } from './latency.ts';
import type { ClientSide, Sent } from './traffic.ts';

/** Something that was done to the mesh meanwhile. Milliseconds since 1970. */
export interface Mark {
  readonly what: string;
  readonly atMs: number;
}

/** One RPC with its fate. Times are milliseconds since the traffic's start. */
export interface AccountedRpc {
  readonly rpcId: string;
  readonly lane: string;
  readonly kind: Sent['kind'];
  readonly fate: Fate;
  readonly intendedAtMs: number;
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  readonly status?: StatusName;
  readonly details?: string;
  /** Error code of the RST_STREAM that ended it; only of those that were reset. */
  readonly resetCode?: number;
  /** Number of its connection. */
  readonly connection?: number;
  /** Milliseconds from GOAWAY to the end of its connection; only of those that were cut after it. */
  readonly graceMs?: number;
  /** No RPC had begun on its connection since the change began; only of those that were cut after GOAWAY. */
  readonly quiet?: boolean;
  /** Attempts that reached a server, by pod. */
  readonly pods: readonly string[];
  /** Streams that its client sent it on. */
  readonly tries: number;
  readonly successor: number;
}

/** One connection. Times are milliseconds since the traffic's start. */
export interface AccountedConnection {
  readonly connection: number;
  readonly lane: string;
  readonly openedAtMs: number;
  readonly closedAtMs?: number;
  readonly goawayAtMs?: number;
  readonly goawayCode?: number;
  readonly rpcs: number;
  /** Milliseconds from GOAWAY to the first RPC of its client on another connection; absent where none followed. */
  readonly reconnectedAfterMs?: number;
  readonly certificate?: string;
}

/** What became of every RPC. */
export interface Account {
  readonly startedAt: string;
  readonly durationMs: number;
  /** Unary RPCs that were due, and those that were started: the same, or the harness has lost some. */
  readonly due: number;
  readonly started: number;
  readonly marks: readonly { readonly what: string; readonly atMs: number }[];
  readonly unary: Readonly<Record<Fate, number>>;
  readonly streams: Readonly<Record<Fate, number>>;
  /** RPCs of which at least one attempt reached a server. */
  readonly reached: number;
  /** RPCs that servers saw more than once: the gateway, or the client, had tried again. */
  readonly attemptedAgain: number;
  /** Attempts in the ledger of RPCs that no client sent; never anything else than 0. */
  readonly unknownAttempts: number;
  readonly connections: readonly AccountedConnection[];
  /** Every RPC that was not answered and not ended on purpose. */
  readonly lost: readonly AccountedRpc[];
  /** Pods that served, by Deployment. */
  readonly pods: Readonly<Record<string, readonly string[]>>;
  /** Those among them that served nothing before the change began. */
  readonly newPods: Readonly<Record<string, readonly string[]>>;
  /** Who had signed the gateway's certificate within the mesh, before the change and after it; empty where it has none. */
  readonly workloadIssuers: readonly string[];
  /** Attempts that came with the header of a pushed route. */
  readonly pushed: number;
  /** RPCs by 100 ms of their end: how many were well, and how many were not. */
  readonly timeline: readonly { readonly atMs: number; readonly well: number; readonly lost: number }[];
  readonly latency: Latency;
}

const BUCKET_MS = 100;

/**
 * Joins what the clients, their HTTP/2 and the servers' ledger say, RPC by RPC.
 *
 * @param attempts by RPC id
 * @param marks the first is the begin of the change
 * @param workloadIssuers as the gateway's Envoy says before and after
 */
export function accountFor(
  clients: ClientSide,
  attempts: ReadonlyMap<string, readonly Attempt[]>,
  marks: readonly Mark[],
  workloadIssuers: readonly string[] = [],
): Account {
  const zero = clients.startedAtMs;
  const changeAtMs = marks[0]?.atMs;
  const rpcs = clients.sent.map((sent) =>
    accounted(sent, attempts.get(sent.rpcId) ?? [], clients.connections, zero, changeAtMs),
  );
  const known = new Set(clients.sent.map(({ rpcId }) => rpcId));
  const strangers = [...attempts].filter(([rpcId]) => !known.has(rpcId));
  const unary = rpcs.filter(({ kind }) => kind === 'unary');
  const all = [...attempts.values()].flat();
  const before = all.filter(({ startedAtMs }) => changeAtMs === undefined || startedAtMs < changeAtMs);
  const old = new Set(before.map(({ pod }) => pod));
  return {
    startedAt: new Date(zero).toISOString(),
    durationMs: clients.stoppedAtMs - zero,
    due: clients.due,
    started: unary.length,
    marks: marks.map(({ what, atMs }) => ({ what, atMs: atMs - zero })),
    unary: countOf(unary),
    streams: countOf(rpcs.filter(({ kind }) => kind !== 'unary')),
    reached: rpcs.filter(({ pods }) => pods.length > 0).length,
    attemptedAgain: rpcs.filter(({ pods }) => pods.length > 1).length,
    unknownAttempts: strangers.reduce((sum, [, some]) => sum + some.length, 0),
    connections: connectionsOf(clients, zero),
    lost: rpcs.filter(({ fate }) => !isWell(fate)),
    pods: podsOf(all),
    newPods: podsOf(all.filter(({ pod }) => !old.has(pod))),
    workloadIssuers,
    pushed: all.filter(({ pushed }) => pushed).length,
    timeline: timelineOf(rpcs),
    latency: clients.latency,
  };
}

function accounted(
  sent: Sent,
  attempts: readonly Attempt[],
  connections: readonly ConnectionSeen[],
  zero: number,
  changeAtMs: number | undefined,
): AccountedRpc {
  const { ending, streams } = sent;
  const stream = streams.at(-1);
  const connection = stream && connections[stream.connection - 1];
  const fate = fateOf({
    streams,
    attempts,
    ...(ending && { ending }),
    ...(connection && { connection }),
    ...(changeAtMs !== undefined && { changeAtMs }),
    ...(ending?.status !== undefined && { statusCode: statusCode(ending.status) }),
  });
  return {
    rpcId: sent.rpcId,
    lane: sent.lane,
    kind: sent.kind,
    fate,
    intendedAtMs: sent.intendedAtMs - zero,
    startedAtMs: sent.startedAtMs - zero,
    ...endOf(ending, zero),
    ...(fate === 'reset' && { resetCode: stream?.code ?? 0 }),
    ...(stream && { connection: stream.connection }),
    ...(fate === 'cut after GOAWAY' &&
      stream &&
      connection && {
        graceMs: graceOf(stream, connection),
        quiet: isQuiet(connection.beganAtMs, changeAtMs, stream.closedAtMs ?? Infinity),
      }),
    pods: attempts.map(({ pod }) => pod),
    tries: streams.length,
    successor: sent.successor,
  };
}

function podsOf(attempts: readonly Attempt[]): Record<string, readonly string[]> {
  const pods: Record<string, Set<string>> = {};
  for (const { deployment, pod } of attempts) (pods[deployment] ??= new Set()).add(pod);
  return Object.fromEntries(Object.entries(pods).map(([name, some]) => [name, [...some].toSorted()]));
}

const endOf = (ending: Ending | undefined, zero: number) =>
  ending && {
    endedAtMs: ending.atMs - zero,
    details: ending.details,
    ...(ending.status !== undefined && { status: ending.status }),
  };

const graceOf = ({ closedAtMs = 0 }: StreamSeen, { goaways }: ConnectionSeen): number =>
  closedAtMs - (goaways[0]?.atMs ?? closedAtMs);

function countOf(rpcs: readonly AccountedRpc[]): Record<Fate, number> {
  const counts = Object.fromEntries(FATES.map((fate) => [fate, 0])) as Record<Fate, number>;
  for (const { fate } of rpcs) counts[fate]++;
  return counts;
}

function connectionsOf({ sent, connections }: ClientSide, zero: number): AccountedConnection[] {
  const lanes = new Map<number, string>();
  for (const { lane, streams } of sent) for (const { connection } of streams) lanes.set(connection, lane);
  return connections.map((each): AccountedConnection => {
    const { connection, goaways, closedAtMs, beganAtMs, openedAtMs, certificate } = each;
    const lane = lanes.get(connection) ?? '';
    const [goaway] = goaways;
    const next =
      goaway &&
      connections.find((other) => other.openedAtMs > openedAtMs && lanes.get(other.connection) === lane);
    const followed = next?.beganAtMs[0];
    return {
      connection,
      lane,
      openedAtMs: openedAtMs - zero,
      ...(closedAtMs !== undefined && { closedAtMs: closedAtMs - zero }),
      ...(goaway && { goawayAtMs: goaway.atMs - zero, goawayCode: goaway.code }),
      rpcs: beganAtMs.length,
      ...(goaway && followed !== undefined && { reconnectedAfterMs: followed - goaway.atMs }),
      ...(certificate !== undefined && { certificate }),
    };
  });
}

function timelineOf(rpcs: readonly AccountedRpc[]): Account['timeline'] {
  const buckets = new Map<number, { well: number; lost: number }>();
  for (const { endedAtMs, fate } of rpcs) {
    if (endedAtMs === undefined) continue;
    const at = Math.floor(endedAtMs / BUCKET_MS) * BUCKET_MS;
    const bucket = buckets.get(at) ?? { well: 0, lost: 0 };
    bucket[isWell(fate) ? 'well' : 'lost']++;
    buckets.set(at, bucket);
  }
  return [...buckets].sort(([one], [other]) => one - other).map(([atMs, counts]) => ({ atMs, ...counts }));
}
