/**
 * The words every verdict is made of: what may become of a case, which row of the requirements it covers, and
 * how one witness's disagreement is written down. Data only: no case, no judge, no report lives here.
 */

/**
 * What may become of a planned case. Every planned case ends in exactly one of them:
 * - `passed`: all witnesses agree with the expectation.
 * - `failed`: at least one mismatch.
 * - `known-failing`: it is listed as failing for these versions, ran, and failed.
 * - `unexpectedly-passed`: it is listed as failing, ran, and passed, so the list is out of date.
 * - `skipped`: not run on purpose (an environment without the capability); carries the reason.
 * - `could-not-run`: meant to run and did not; carries the reason.
 */
export const OUTCOMES = [
  'passed',
  'failed',
  'known-failing',
  'unexpectedly-passed',
  'skipped',
  'could-not-run',
] as const;

/** One of the six words of {@link OUTCOMES}. */
export type Outcome = (typeof OUTCOMES)[number];

/** The rows of the requirements, in their order, each with the title a reader sees beside it. */
export const ROWS = {
  S1: 'TLS gateway',
  S2: 'gRPC routes live under http',
  S3: 'Plaintext HTTP/2 (h2c)',
  S4: 'Path routing',
  S5: 'Long-lived streams',
  S6: 'Retries',
  S7: 'Proxyless gRPC over xDS',
  S8: 'gRPC-Web',
  S9: 'CORS for gRPC-Web',
  S10: 'Validation with grpcurl',
  S11: 'RST_STREAM troubleshooting',
  S12: 'Sidecar or proxyless',
  S13: 'Explicit protocol selection',
  S14: 'What must survive the way',
} as const;

/** The id of a row, `S1` to `S14`. */
export type Row = keyof typeof ROWS;

/** All row ids, in the order of the requirements. */
export const ROW_IDS = Object.keys(ROWS) as [Row, ...Row[]];

/** The tables of a report that cases fill: what works for whom. Each has the title a reader sees above it. */
export const TABLES = {
  'h2c-clients': 'Who speaks plaintext HTTP/2 (h2c)',
  'port-protocols': 'Who reaches HTTP/2 pods, by how their port is declared',
  'port-protocols-of-other-pods': 'Who reaches other pods, by how their port is declared',
} as const;

/** All ids of {@link TABLES}. */
export const TABLE_IDS = Object.keys(TABLES) as [keyof typeof TABLES, ...(keyof typeof TABLES)[]];

/** What a case says in a table of the report when it passes. Several cases may fill one cell. */
export interface TableCell {
  readonly table: keyof typeof TABLES;
  /** Who: the head of the cell's line. */
  readonly line: string;
  /** What was tried: the head of the cell's column. */
  readonly column: string;
  readonly says: string;
}

/**
 * Who says it:
 * - `client`: the outcome as the real client reported it to its caller.
 * - `frames`: HTTP/2 frames, or other bytes, seen on the client leg or the backend leg.
 * - `ledger`: what the sample service wrote down when the RPC reached it.
 * - `gateway`: the ingress gateway's access log and stats.
 * - `configuration`: the gateway's config_dump, or the API server's answer at admission.
 */
export const WITNESSES = ['client', 'frames', 'ledger', 'gateway', 'configuration'] as const;

/** One of the five parties of {@link WITNESSES}. */
export type Witness = (typeof WITNESSES)[number];

/** One disagreement between what a case expects and what one witness says. */
export interface Mismatch {
  readonly witness: Witness;
  /** The thing compared, in the terms of gRPC or HTTP/2: `grpc-status`, `attempts`, `route timeout`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  /** Where the rule comes from: a specification's section, an API's field, an issue. */
  readonly source: string;
}
