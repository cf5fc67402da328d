import type { Entry, ListReply, ListRequest } from './contract.ts';

/** Entries of cases; beyond, the oldest case is forgotten as a whole. */
const ENTRIES_MAX = 100_000;
/** Entries without a case id: probes and traffic. */
const CASELESS_MAX = 1000;
const LIST_LIMIT = 1000;

interface Case {
  /** By RPC id, and then by their own. */
  readonly rpcs: Map<string, Map<string, Entry>>;
  /** Attempts so far, by RPC id. */
  readonly attempts: Map<string, number>;
}

/** The collector's memory, bounded. */
export class Store {
  readonly #cases = new Map<string, Case>();
  /** Names of the cases that have entries of an RPC, by its id: it is asked for a thousand times as often as a case. */
  readonly #casesOf = new Map<string, Set<string>>();
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
    if (keepNewer(this.#entriesOf(entry), entry)) this.#entries += 1;
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
      this.#casesOf.clear();
      this.#caseless.clear();
      this.#entries = 0;
      return forgotten;
    }
    const rpcs = this.#cases.get(caseId)?.rpcs ?? new Map<string, Map<string, Entry>>();
    let forgotten = 0;
    for (const [rpcId, entries] of rpcs) {
      forgotten += entries.size;
      const cases = this.#casesOf.get(rpcId);
      cases?.delete(caseId);
      if (cases?.size === 0) this.#casesOf.delete(rpcId);
    }
    this.#cases.delete(caseId);
    this.#entries -= forgotten;
    return forgotten;
  }

  /** @param rpcId of one RPC only; empty for all */
  #candidates(caseId: string, rpcId: string): Entry[] {
    const cases =
      caseId !== '' ? [caseId] : rpcId !== '' ? (this.#casesOf.get(rpcId) ?? []) : this.#cases.keys();
    const ofCases = [...cases].flatMap((name) => {
      const rpcs = this.#cases.get(name)?.rpcs;
      const found =
        rpcId === '' ? [...(rpcs?.values() ?? [])] : [rpcs?.get(rpcId) ?? new Map<string, Entry>()];
      return found.flatMap((entries) => [...entries.values()]);
    });
    return caseId === '' ? [...this.#caseless.values(), ...ofCases] : ofCases;
  }

  #entriesOf({ case_id, rpc_id }: Entry): Map<string, Entry> {
    const { rpcs } = this.#caseOf(case_id);
    const known = rpcs.get(rpc_id);
    if (known !== undefined) return known;
    const fresh = new Map<string, Entry>();
    rpcs.set(rpc_id, fresh);
    const cases = this.#casesOf.get(rpc_id);
    if (cases === undefined) this.#casesOf.set(rpc_id, new Set([case_id]));
    else cases.add(case_id);
    return fresh;
  }

  #caseOf(caseId: string): Case {
    const known = this.#cases.get(caseId);
    if (known !== undefined) return known;
    const fresh: Case = { rpcs: new Map(), attempts: new Map() };
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
