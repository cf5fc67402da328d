import { Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import type { Arrival } from './arrivals.ts';
import type { OpenReply, OpenRequest, SightRequest, Sighting, WriteRequest } from './contract.ts';
import type { Identity } from './identity.ts';
import type { Protos } from './protos.ts';
import { RpcRecord } from './record.ts';

/** Milliseconds the collector may take; in reach it takes about one. */
const DEADLINE_MS = 5000;
/** Entries on their way that nobody waits for. Beyond, they are dropped: the services must not fill up. */
const UNAWAITED_MAX = 1000;

/** The entry could not be stored, so the RPC must not be told to have gone well. */
export class LedgerUnavailableError extends Error {
  constructor(address: string, cause: Error) {
    super(`meshproof: the ledger's collector cannot be reached at ${address}: ${cause.message}`, { cause });
    this.name = 'LedgerUnavailableError';
  }
}

/**
 * Sends the entries of this pod to the collector. Entries of a case are waited for, and a failure is an error;
 * all others (probes, traffic) are sent once, when their RPC is over, and may be lost.
 */
export class Ledger {
  readonly #identity: Identity;
  readonly #address: string;
  readonly #client: Client | undefined;
  readonly #open: MethodDefinition<OpenRequest, OpenReply>;
  readonly #write: MethodDefinition<WriteRequest, object>;
  readonly #sight: MethodDefinition<SightRequest, object>;
  readonly #unawaited = new Set<Promise<unknown>>();

  /** @param address host:port of the collector; undefined if there is none */
  constructor(protos: Protos, identity: Identity, address: string | undefined) {
    this.#identity = identity;
    this.#address = address ?? '(COLLECTOR_ADDRESS is not set)';
    this.#open = protos.collector('Open');
    this.#write = protos.collector('Write');
    this.#sight = protos.collector('Sight');
    if (address === undefined) return;
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.enable_channelz': 0,
      // A collector that comes back is found at once, not after gRPC's usual minutes of back-off.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    });
    // Connect now, so that the first RPC does not pay for it.
    this.#client.getChannel().getConnectivityState(true);
  }

  record(arrival: Arrival): RpcRecord {
    return new RpcRecord(arrival, this.#identity);
  }

  /**
   * Opens the entry, which gives it its number of attempt.
   *
   * @throws LedgerUnavailableError
   */
  async open({ entry }: RpcRecord): Promise<void> {
    if (entry.case_id === '') return;
    const { attempt } = await this.#call(this.#open, { entry });
    entry.attempt = attempt;
  }

  /**
   * Stores the entry as it stands, before what ends the RPC is sent.
   *
   * @throws LedgerUnavailableError
   */
  async write({ entry }: RpcRecord): Promise<void> {
    if (entry.case_id === '') return;
    entry.revision += 1;
    await this.#call(this.#write, { entry });
  }

  /** Stores the entry as it stands, of whatever RPC, and waits for nothing. */
  note({ entry }: RpcRecord): void {
    if (this.#client === undefined || this.#unawaited.size >= UNAWAITED_MAX) return;
    entry.revision += 1;
    this.#unawait(this.#call(this.#write, { entry }));
  }

  /** Stores what a tap saw, when it is known, and waits for nothing. */
  sighted(sighting: Sighting | Promise<Sighting>): void {
    if (this.#client === undefined || this.#unawaited.size >= UNAWAITED_MAX) return;
    this.#unawait(Promise.resolve(sighting).then((known) => this.#call(this.#sight, { sighting: known })));
  }

  /** Lets entries that are on their way arrive, for no more than 1 s, and disconnects. */
  async close(): Promise<void> {
    const enough = new Promise((resolve) => setTimeout(resolve, 1000).unref());
    await Promise.race([Promise.all(this.#unawaited), enough]);
    this.#client?.close();
  }

  #unawait(call: Promise<unknown>): void {
    const sent = call.catch(() => undefined);
    this.#unawaited.add(sent);
    void sent.then(() => this.#unawaited.delete(sent));
  }

  #call<In, Out>(method: MethodDefinition<In, Out>, request: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      if (this.#client === undefined) {
        reject(new LedgerUnavailableError(this.#address, new Error('there is none')));
        return;
      }
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new Metadata(),
        { deadline: Date.now() + DEADLINE_MS },
        (error, reply) => {
          if (error === null && reply !== undefined) resolve(reply);
          else reject(new LedgerUnavailableError(this.#address, error ?? new Error('no reply')));
        },
      );
    });
  }
}
