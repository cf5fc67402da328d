import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { receivedMetadata, type ReceivedMetadata } from '../clients/metadata.ts';
import { findMethod } from '../clients/protos.ts';
import type { ConnectionTimeline } from '../frames/timeline/events.ts';
import { SetupError } from '../errors.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { done, notYet, waitFor } from '../waiting.ts';

/**
 * One attempt of an RPC as one server saw it: the fields of `meshproof.control.v1.Entry`, where each is explained.
 * Times are milliseconds since the epoch; 0 means that it did not happen.
 */
export interface LedgerEntry {
  readonly case_id: string;
  readonly rpc_id: string;
  readonly request_id: string;
  readonly attempt: number;
  readonly service: string;
  readonly method: string;
  readonly authority: string;
  readonly peer: string;
  readonly deployment: string;
  readonly pod: string;
  readonly version: string;
  readonly connection: number;
  readonly stream_id: number;
  readonly metadata: ReceivedMetadata;
  readonly grpc_timeout: string;
  /** The grpc-timeout in milliseconds; -1 without one. */
  readonly deadline_ms: number;
  readonly envoy_attempt_count: number;
  readonly started: number;
  readonly headers_sent: number;
  readonly half_close_seen: number;
  readonly cancelled: number;
  readonly reset_received: number;
  readonly reset_sent: number;
  /** The final status was handed to HTTP/2. */
  readonly status_sent: number;
  readonly ended: number;
  readonly closed: boolean;
  readonly received_count: number;
  readonly received_bytes: number;
  readonly received: readonly { readonly bytes: number; readonly sequence: number; readonly at: number }[];
  readonly sent_count: number;
  readonly status_code: number;
  readonly status_message: string;
  readonly trailers_only: boolean;
  readonly failed_on_purpose: boolean;
  /** The subject alternative names of the other end's certificate; empty without TLS. */
  readonly peer_identity: string;
  /** Whether what a tap saw of it follows. A server that accepts its connections itself, as without a proxy, has none. */
  readonly tapped: boolean;
}

/** A metadata entry as the control contract has it. */
interface Metadatum {
  readonly key: string;
  readonly value: string;
  readonly binary_value: Buffer;
}
type RawEntry = Omit<LedgerEntry, 'metadata'> & { readonly request_metadata: readonly Metadatum[] };

/** What a pod's tap saw, as the control contract has it. */
type RawSighting = Pick<LedgerEntry, 'pod' | 'connection' | 'stream_id'> & { readonly timeline: string };

/** What names one attempt in both. */
const attemptOf = ({ pod, connection, stream_id: stream }: Omit<RawSighting, 'timeline'>): string =>
  `${pod} ${connection} ${stream}`;

/** Reads what the sample services wrote down, from the collector that keeps it. */
export class Ledger implements Disposable {
  readonly #client: Client;

  /** @param address host and port of `meshproof.control.v1.Collector`, reached without TLS */
  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.max_receive_message_length': -1,
    });
  }

  /**
   * The entries of an RPC as they stand now, oldest first. None is an answer: a server opens its entry before it acts
   * on the RPC, so the RPC did not reach any.
   */
  async entriesOf(rpcId: string): Promise<readonly LedgerEntry[]> {
    const { entries } = await this.#ask<{ entries: readonly RawEntry[] }>('List', { rpc_id: rpcId });
    return entries.map(fromRaw);
  }

  /**
   * Every entry of a case, oldest first, and how many the collector no longer has.
   *
   * @param limit the newest so many
   */
  async entriesOfCase(
    caseName: string,
    limit: number,
  ): Promise<{ readonly entries: readonly LedgerEntry[]; readonly leftOut: number }> {
    const request = { case_id: caseName, limit };
    const reply = await this.#ask<{ entries: readonly RawEntry[]; left_out: number }>(
      'List',
      request,
      TIMEOUTS.trafficLedger,
    );
    return { entries: reply.entries.map(fromRaw), leftOut: reply.left_out };
  }

  /** Forgets a case: its entries, and what taps saw of it. */
  async forget(caseName: string): Promise<void> {
    await this.#ask('Forget', { case_id: caseName });
  }

  /**
   * The entries of an RPC once there are at least `count` and no server has more to write. When the time is up, the
   * entries as they are then: too few, or an unfinished one, is for the judge to say.
   */
  async settledEntriesOf(rpcId: string, count: number, signal: AbortSignal): Promise<readonly LedgerEntry[]> {
    const started = performance.now();
    return waitFor(
      {
        subject: `the ledger's entries of RPC ${rpcId}`,
        deadlineMs: 2 * TIMEOUTS.ledger,
        tryMs: TIMEOUTS.ledger,
        signal,
      },
      async () => {
        const entries = await this.entriesOf(rpcId);
        const settled = entries.length >= count && entries.every((entry) => entry.closed);
        if (settled || performance.now() - started > TIMEOUTS.ledgerSettle) return done(entries);
        return notYet(
          `${entries.length} of ${count}, ${entries.filter((entry) => entry.closed).length} closed`,
        );
      },
    );
  }

  /**
   * What the taps of the pods saw of RPCs, and bytes that name no RPC but came within the time, in milliseconds since
   * 1970. Once there is one of every attempt in `entries`, and `least` in all; when the time is up, what is there by
   * then.
   */
  async sightings(
    rpcIds: readonly string[],
    entries: readonly LedgerEntry[],
    namelessMs: { readonly from: number; readonly until: number },
    least: number,
    signal: AbortSignal,
  ): Promise<readonly ConnectionTimeline[]> {
    const started = performance.now();
    const request = { rpc_ids: rpcIds, nameless_from: namelessMs.from, nameless_until: namelessMs.until };
    return waitFor(
      {
        subject: `what the backends' taps saw of RPC ${rpcIds.join(', ')}`,
        deadlineMs: 2 * TIMEOUTS.ledger,
        tryMs: TIMEOUTS.ledger,
        intervalMs: 20,
        signal,
      },
      async () => {
        const { sightings } = await this.#ask<{ sightings: readonly RawSighting[] }>('Sightings', request);
        const there = new Set(sightings.map(attemptOf));
        const missing = entries.filter((entry) => entry.tapped && !there.has(attemptOf(entry))).length;
        if (missing > 0 && performance.now() - started < TIMEOUTS.ledgerSettle)
          return notYet(`${missing} of ${entries.length} attempts are missing`);
        if (sightings.length < least && performance.now() - started < TIMEOUTS.ledgerSettle)
          return notYet(`the taps have seen ${sightings.length} of at least ${least}`);
        return done(sightings.map(({ timeline }) => JSON.parse(timeline) as ConnectionTimeline));
      },
    );
  }

  #ask<Reply>(method: string, request: object, limitMs: number = TIMEOUTS.ledger): Promise<Reply> {
    const { path, requestSerialize, responseDeserialize } = findMethod(
      `meshproof.control.v1.Collector/${method}`,
    );
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline: Date.now() + limitMs },
        (error: ServiceError | null, reply?: object) => {
          if (error !== null)
            reject(
              new SetupError(`the collector did not answer "${method}": ${error.message}`, { cause: error }),
            );
          else resolve(reply as Reply);
        },
      );
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function fromRaw({ request_metadata: metadata, ...entry }: RawEntry): LedgerEntry {
  return {
    ...entry,
    metadata: receivedMetadata(
      metadata.map(({ key, value, binary_value: binary }) => [
        key,
        key.endsWith('-bin') ? binary.toString('base64') : value,
      ]),
    ),
  };
}
