import { statusName } from '../clients/grpc-status.ts';
import type { AccessLogField, AccessLogLine } from '../evidence/access-log-format.ts';
import type { LedgerEntry } from '../evidence/ledger.ts';
import type { GatewayExpectation, LedgerExpectation, TextMatch } from './expectation.ts';
import { THE_CASE, ascendByOne, type Findings } from './findings.ts';

/** Judges what the sample services wrote down about an RPC. */
export function judgeLedger(
  expected: LedgerExpectation,
  got: readonly LedgerEntry[],
  findings: Findings,
): void {
  if (got.length !== expected.attempts) {
    const found = got.map(({ deployment, status_code: code }) => `${deployment}: ${shownStatus(code)}`);
    findings.add(
      'attempts',
      `${expected.attempts}${expected.services === undefined ? '' : ` (${expected.services.join(', ')})`}`,
      `${got.length}${found.length > 0 ? ` (${found.join(', ')})` : ''}`,
      'Istio HTTPRetry',
    );
  }
  const services = got.map(({ deployment }) => deployment).toSorted();
  // Too many, or too few, are wrong by their number already.
  if (got.length === expected.attempts)
    findings.text('services', expected.services?.join(', '), services.join(', '), THE_CASE);
  got.forEach((entry, i) => {
    const which = got.length > 1 ? ` of attempt ${i + 1}` : '';
    findings.equal(`service${which}`, expected.service, entry.deployment, THE_CASE);
    findings.metadata(
      `request metadata${which}:`,
      expected.metadata,
      entry.metadata,
      'gRPC PROTOCOL-HTTP2.md',
    );
    findings.text(`authority${which}`, expected.authority, entry.authority, 'RFC 9113, section 8.3.1');
    findings.text(`client's identity${which}`, expected.peerIdentity, entry.peer_identity || null, 'SPIFFE');
    const deadline = entry.deadline_ms < 0 ? null : entry.deadline_ms;
    findings.number(`grpc-timeout in ms${which}`, expected.deadlineMs, deadline, 'Envoy: max_grpc_timeout');
    const attempt = expected.perAttempt?.[i];
    findings.number(`grpc-timeout in ms${which}`, attempt?.deadlineMs, deadline, 'Envoy: max_grpc_timeout');
    findings.equal(`status${which}`, attempt?.status, shownStatus(entry.status_code), THE_CASE);
    findings.equal(
      `trailers-only${which}`,
      attempt?.trailersOnly,
      entry.trailers_only,
      'gRPC PROTOCOL-HTTP2.md',
    );
  });
  const last = got.at(-1);
  if (last === undefined) return;
  findings.equal(
    'request messages received',
    expected.received,
    last.received_count,
    'gRPC PROTOCOL-HTTP2.md',
  );
  const sequences = last.received.map(({ sequence }) => sequence);
  if (expected.inOrder === true && !ascendByOne(sequences)) {
    findings.add(
      'order of request messages',
      'ascending by one',
      sequences.join(', '),
      "gRPC's guarantee of order within an RPC",
    );
  }
  findings.number('reply messages sent', expected.sent, last.sent_count, 'RFC 9113, section 5.2');
  findings.equal('half-close seen', expected.halfClosed, last.half_close_seen > 0, 'RFC 9113, section 5.1');
  findings.equal('cancellation seen', expected.cancelled, last.cancelled > 0, 'RFC 9113, section 5.4.2');
}

/** The status that a server sent; `none` after a reset. */
const shownStatus = (code: number): string => (code < 0 ? 'none' : statusName(code));

/** Judges what the gateway's access log says about an RPC: it must be one line. */
export function judgeGateway(
  expected: GatewayExpectation | 'no line',
  got: readonly AccessLogLine[],
  findings: Findings,
): void {
  const lines = expected === 'no line' ? 0 : 1;
  if (got.length !== lines) {
    findings.add('access-log lines', String(lines), String(got.length), 'Envoy: one line for each stream');
  }
  const line = got[0];
  if (expected === 'no line' || line === undefined) return;
  for (const [field, wanted] of Object.entries(expected)) {
    const value = line[field as AccessLogField];
    const about = `access log ${field}`;
    const source = 'Envoy: access log command operators';
    if (isTextMatch(wanted)) findings.text(about, wanted, value === null ? null : String(value), source);
    else findings.number(about, wanted, value === null ? null : Number(value), source);
  }
}

/** Nothing, where nothing may be, is text too. */
const isTextMatch = (wanted: unknown): wanted is TextMatch | null =>
  wanted === null || typeof wanted === 'string' || wanted instanceof RegExp;
