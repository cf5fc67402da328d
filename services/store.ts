import type { Entry, ListReply, ListRequest } from './contract.ts';

/** Entries of cases; beyond, the oldest case is forgotten as a whole. */
const ENTRIES_MAX = 100_000;
/** Entries without a case id: probes and traffic. */
const CASELESS_MAX = 1000;
const LIST_LIMIT = 1000;

interface Case {
  readonly entries: Map<string, Entry>;
  /** Attempts so far, by RPC id. */
  readonly attempts: Map<string, number>;
}

/** The collector's memory, bounded. */
export class Store {
  readonly #cases = new Map<string, Case>();
  /** The entries of all cases once more, by RPC id: an RPC is asked for a thousand times as often as a case. */
  readonly #byRpc = new Map<string, Map<string, Entry>>();
  readonly #caseless = new Map<string, Entry>();
  readonly #entriesMax: number;
  #entries = 0;

  constructor(entriesMax = ENTRIES_MAX) {
    this.#entriesMax = entriesMax;
  }

  /** @returns the number of this attempt, from 1, among those with the same case id and RPC id */
  open(entry: Entry): number {
    const { attempts } = this.#caseOf(entry.case_id);
    const attempt = (attempts.get(entry.rpc_id) ?? 0) + 1;
    attempts.set(entry.rpc_id, attempt);
    this.write({ ...entry, attempt });
    return attempt;
  }

  /** Keeps the entry unless a later revision of it is there. */
  write(entry: Entry): void {
    if (entry.case_id === '') {
      keepNewer(this.#caseless, entry);
      const [oldest] = this.#caseless.keys();
      if (this.#caseless.size > CASELESS_MAX && oldest !== undefined) this.#caseless.delete(oldest);
      return;
    }
    if (keepNewer(this.#caseOf(entry.case_id).entries, entry)) this.#entries += 1;
    keepNewer(this.#ofRpc(entry.rpc_id), entry);
    while (this.#entries > this.#entriesMax && this.#cases.size > 1) {
      const [oldest] = this.#cases.keys();
      if (oldest !== undefined) this.forget(oldest);
    }
  }

  list({ case_id, rpc_id, request_id, limit }: ListRequest): ListReply {
    const matches = (entry: Entry): boolean =>
      (rpc_id === '' || entry.rpc_id === rpc_id) && (request_id === '' || entry.request_id === request_id);
    const found = this.#candidates(case_id, rpc_id)
      .filter(matches)
      .sort((one, other) => one.started - other.started);
    const entries = found.slice(-(limit > 0 ? limit : LIST_LIMIT));
    return { entries, left_out: found.length - entries.length };
  }

  /** @returns how many entries were forgotten; of all cases, and without one, if `caseId` is empty */
  forget(caseId: string): number {
    if (caseId === '') {
      const forgotten = this.#entries + this.#caseless.size;
      this.#cases.clear();
      this.#byRpc.clear();
      this.#caseless.clear();
      this.#entries = 0;
      return forgotten;
    }
    const entries = this.#cases.get(caseId)?.entries ?? new Map<string, Entry>();
    for (const { id, rpc_id } of entries.values()) {
      const ofRpc = this.#byRpc.get(rpc_id);
      ofRpc?.delete(id);
      if (ofRpc?.size === 0) this.#byRpc.delete(rpc_id);
    }
    this.#cases.delete(caseId);
    this.#entries -= entries.size;
    return entries.size;
  }

  /** Where to look: fewer than all where a case or an RPC is asked for. */
  #candidates(caseId: string, rpcId: string): Entry[] {
    if (caseId !== '') return [...(this.#cases.get(caseId)?.entries.values() ?? [])];
    const ofCases =
      rpcId === ''
        ? [...this.#cases.values()].flatMap(({ entries }) => [...entries.values()])
        : [...(this.#byRpc.get(rpcId)?.values() ?? [])];
    return [...this.#caseless.values(), ...ofCases];
  }

  #ofRpc(rpcId: string): Map<string, Entry> {
    const known = this.#byRpc.get(rpcId);
    if (known !== undefined) return known;
    const fresh = new Map<string, Entry>();
    this.#byRpc.set(rpcId, fresh);
    return fresh;
  }

  #caseOf(caseId: string): Case {
    const known = this.#cases.get(caseId);
    if (known !== undefined) return known;
    const fresh: Case = { entries: new Map(), attempts: new Map() };
    this.#cases.set(caseId, fresh);
    return fresh;
  }
}

/** @returns whether the entry is new */
function keepNewer(entries: Map<string, Entry>, entry: Entry): boolean {
  const known = entries.get(entry.id);
  if (known === undefined || known.revision <= entry.revision) entries.set(entry.id, entry);
  return known === undefined;
}
