/** What a client that is a program of its own tells of an RPC, as a record: one in a container, or in a pod. */
import { statusName } from './grpc-status.ts';
import { receivedMessage } from './messages.ts';
import type { Method } from './protos.ts';
import type { RpcRecord } from './record.ts';

/** As the programs print it. */
interface ProgramOutcome {
  readonly code: number;
  readonly message: string;
  readonly header: Record<string, string[]>;
  readonly trailer: Record<string, string[]>;
  /** Bodies are base64. */
  readonly messages: readonly { readonly atMs: number; readonly body: string }[];
  readonly sentAtMs: number[];
  readonly endedAtMs: number;
}

/** What of a record a program tells. */
type Told = Omit<RpcRecord, 'kind' | 'client' | 'rpcId' | 'startedAt'>;

/** An RPC that ended. */
export const toldBy = (seen: ProgramOutcome, method: Method): Told => ({
  status: { name: statusName(seen.code), details: seen.message },
  initialMetadata: seen.header,
  trailers: seen.trailer,
  messages: seen.messages.map(({ atMs, body }) =>
    receivedMessage(atMs, method.responseDeserialize(Buffer.from(body, 'base64'))),
  ),
  sentAtMs: seen.sentAtMs,
  endedAtMs: seen.endedAtMs,
});

/**
 * An RPC of which the program has told nothing in time.
 *
 * @param who the program
 * @param started when it was started, by `performance.now()`
 */
export const untold = (who: string, started: number): Told => ({
  error: `no status: the harness gave up on ${who}`,
  initialMetadata: {},
  trailers: {},
  messages: [],
  sentAtMs: [],
  endedAtMs: performance.now() - started,
});
