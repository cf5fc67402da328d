import type { Sighting, SightingsRequest } from './contract.ts';

/** Bytes of timelines; beyond, the oldest sightings are forgotten. */
const BYTES_MAX = 64 * 1024 * 1024;

/** The collector's memory of what the taps saw, bounded. */
export class SightingStore {
  /** By pod, connection and stream. */
  readonly #sightings = new Map<string, Sighting>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Keeps it in place of an earlier one of the same stream. */
  add(sighting: Sighting): void {
    const key = `${sighting.pod} ${sighting.connection} ${sighting.stream_id}`;
    this.#remove(key);
    this.#sightings.set(key, sighting);
    this.#bytes += sighting.timeline.length;
    for (const oldest of this.#sightings.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#remove(oldest);
    }
  }

  /** Those of the RPCs, and those that name no RPC and fall into the time. */
  list({ rpc_ids, nameless_from, nameless_until }: SightingsRequest): Sighting[] {
    const wanted = new Set(rpc_ids);
    return [...this.#sightings.values()].filter(({ rpc_id, at }) =>
      rpc_id === '' ? at >= nameless_from && at <= nameless_until : wanted.has(rpc_id),
    );
  }

  /** @param caseId empty for everything */
  forget(caseId: string): void {
    for (const [key, { case_id }] of this.#sightings)
      if (caseId === '' || case_id === caseId) this.#remove(key);
  }

  #remove(key: string): void {
    this.#bytes -= this.#sightings.get(key)?.timeline.length ?? 0;
    this.#sightings.delete(key);
  }
}
