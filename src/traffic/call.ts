import type { CallIds } from '../clients/call-metadata.ts';
import type { RpcKind } from '../clients/protos.ts';
import type { Script } from '../clients/script.ts';
import type { Ending } from './fate.ts';

/** One RPC to be made. */
export interface Call {
  readonly ids: CallIds;
  /** `package.Service/Method`. */
  readonly method: string;
  readonly kind: RpcKind;
  readonly script?: Script;
  /** Milliseconds; a long stream has none. */
  readonly deadlineMs?: number;
  /** Of a stream whose client sends: milliseconds between its messages. */
  readonly everyMs?: number;
}

/** An RPC under way. */
export interface Running {
  /** Resolves once, when the client's caller is told the end. */
  readonly over: Promise<Ending>;
  /** Ends a long stream as its client would: half-close where the client sends, else cancellation. */
  end(): void;
  /** Gives up on it. */
  cancel(): void;
}

/** A client that keeps a connection, and makes another when that one is gone or told to go. */
export interface Channel {
  start(call: Call): Running;
  close(): void;
}

/** The end of an RPC, now. */
export const ending = (facts: Omit<Ending, 'atMs'>): Ending => ({
  ...facts,
  atMs: performance.timeOrigin + performance.now(),
});
