import type { StatusName } from '../clients/grpc-status.ts';

/**
 * What became of an RPC; each has exactly one of these.
 *
 * - `answered`: status OK.
 * - `ended`: a long stream that was alive when the traffic was stopped, and was ended by its client.
 * - `refused by server`: another status, which the server's ledger has as its own.
 * - `refused by gateway`: another status that no server gave.
 * - `reset`: RST_STREAM by the gateway, on a connection that lived on.
 * - `cut after GOAWAY`: its connection was closed, and the client had been told to go.
 * - `cut without GOAWAY, quiet`: its connection was closed untold, and no RPC had begun on it since the change began:
 *   Envoy puts the GOAWAY of a drain before the next response headers, and there were none (envoy#14350). From 1.40 on it
 *   tells such a connection by itself, but late: at a random time of the second half of `--drain-time-s`, which a gateway
 *   that ends before that never comes to (source/common/network/drain_close_util.h).
 * - `cut without GOAWAY`: the same on a connection that was in use.
 * - `not sent`: it never became an HTTP/2 stream, since there was no connection.
 * - `deadline`: its client's own deadline passed first.
 * - `unanswered`: it was still open when all was over.
 */
export const FATES = [
  'answered',
  'ended',
  'refused by server',
  'refused by gateway',
  'reset',
  'cut after GOAWAY',
  'cut without GOAWAY, quiet',
  'cut without GOAWAY',
  'not sent',
  'deadline',
  'unanswered',
] as const;

export type Fate = (typeof FATES)[number];

/** Whether nothing was lost of an RPC of this fate. */
export const isWell = (fate: Fate): boolean => fate === 'answered' || fate === 'ended';

/** One HTTP/2 stream as the client's own HTTP/2 saw it. Times are milliseconds since 1970, with fractions. */
export interface StreamSeen {
  /** Number of its connection, from 1 over all clients. */
  readonly connection: number;
  readonly streamId: number;
  readonly openedAtMs: number;
  /** Absent while it is open. */
  readonly closedAtMs?: number;
  /** Error code that it was closed with; 0 for an end in order. */
  readonly code?: number;
  /** It ended because its connection did. */
  readonly connectionLost?: boolean;
}

/** One connection as the client's own HTTP/2 saw it. */
export interface ConnectionSeen {
  readonly connection: number;
  readonly openedAtMs: number;
  /** GOAWAY frames in the order they came. */
  readonly goaways: readonly {
    readonly atMs: number;
    readonly code: number;
    readonly lastStreamId: number;
  }[];
  readonly closedAtMs?: number;
  /** When each RPC on it began, ascending. */
  readonly beganAtMs: readonly number[];
  /** Serial number of the certificate that the gateway showed; absent without TLS. */
  readonly certificate?: string;
}

/** What the client's caller saw of an RPC's end. */
export interface Ending {
  readonly atMs: number;
  /** Name of the final status; absent when the client was told none. */
  readonly status?: StatusName;
  /** Its text, or why there is none. */
  readonly details: string;
  /** Who made the status: the peer, or the client itself. Absent where the client does not say. */
  readonly by?: 'peer' | 'client';
  /** The harness ended it, since the traffic was over. */
  readonly onPurpose?: boolean;
}

/** One attempt of an RPC in the servers' ledger. */
export interface Attempt {
  readonly pod: string;
  readonly deployment: string;
  /** Number of its final status; -1 for none. */
  readonly statusCode: number;
  readonly startedAtMs: number;
  /** It came with the header that a pushed route adds. */
  readonly pushed: boolean;
}

/** All that the witnesses said of one RPC. */
export interface Witnessed {
  readonly ending?: Ending;
  /** The streams it was sent on; more than one when its client tried again by itself. */
  readonly streams: readonly StreamSeen[];
  readonly attempts: readonly Attempt[];
  /** The connection of the last stream. */
  readonly connection?: ConnectionSeen;
  /** When the change began; absent before it. */
  readonly changeAtMs?: number;
  /** Number of the final status. */
  readonly statusCode?: number;
}

/** The one fate of an RPC. */
export function fateOf(seen: Witnessed): Fate {
  const { ending, streams, attempts } = seen;
  if (ending === undefined) return 'unanswered';
  if (ending.status === 'OK') return 'answered';
  const stream = streams.at(-1);
  if (ending.onPurpose === true) return 'ended';
  if (ending.status === 'DEADLINE_EXCEEDED' && ending.by === 'client') return 'deadline';
  if (stream === undefined) return 'not sent';
  if (stream.connectionLost === true) return cut(seen);
  if (stream.code !== undefined && stream.code !== 0) return 'reset';
  const own = attempts.some(({ statusCode }) => statusCode === seen.statusCode && statusCode > 0);
  return own ? 'refused by server' : 'refused by gateway';
}

function cut({ connection, changeAtMs, streams }: Witnessed): Fate {
  const endedAt = streams.at(-1)?.closedAtMs ?? Infinity;
  if (connection?.goaways.some(({ atMs }) => atMs <= endedAt) === true) return 'cut after GOAWAY';
  return isQuiet(connection?.beganAtMs ?? [], changeAtMs, endedAt)
    ? 'cut without GOAWAY, quiet'
    : 'cut without GOAWAY';
}

/**
 * Whether no RPC began on a connection between the change and its end.
 *
 * @param beganAtMs when each RPC on it began
 * @param changeAtMs undefined before the change
 */
export const isQuiet = (
  beganAtMs: readonly number[],
  changeAtMs: number | undefined,
  endedAtMs: number,
): boolean => changeAtMs !== undefined && !beganAtMs.some((atMs) => atMs >= changeAtMs && atMs < endedAtMs);
