import type { ConnectionTimeline } from '../frames/timeline/events.ts';
import type { ClientRecord } from '../clients/record.ts';
import type { AccessLogLine } from '../evidence/access-log-format.ts';
import type { ConfigurationQuestion } from '../evidence/config-questions.ts';
import type { LedgerEntry } from '../evidence/ledger.ts';

/** What all witnesses said about one call of a case. */
export interface CallRecord {
  readonly client: ClientRecord;
  /** Oldest first. */
  readonly ledger: readonly LedgerEntry[];
  readonly gateway: readonly AccessLogLine[];
  /** What the gateway logged of the preflights that a real browser made for it; there for a browser alone. */
  readonly preflights?: readonly AccessLogLine[];
}

/** What the API server said to an object. */
export interface AdmissionRecord {
  readonly accepted: boolean;
  /** The refusal, or the warnings; empty when it had nothing to say. */
  readonly message: string;
}

/** Everything that is known about one run of a case. Plain data: it is written to the evidence folder as it stands. */
export interface CaseRecord {
  /** Version of Istio; there when what is expected depends on it. */
  readonly istio?: string;
  /** Version of Envoy; there when what is expected depends on it. */
  readonly envoy?: string;
  readonly calls: readonly CallRecord[];
  /**
   * What the taps saw: all connections of the case's clients, and of the backend legs the streams of its RPCs. There
   * when the case ran through taps.
   */
  readonly frames?: readonly ConnectionTimeline[];
  /** The calls that the case's actions made, by the name given to them. */
  readonly meanwhile?: Readonly<Record<string, readonly CallRecord[]>>;
  readonly admission?: AdmissionRecord;
  readonly configuration: readonly { readonly question: ConfigurationQuestion; readonly answer: string }[];
}
