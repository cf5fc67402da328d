import { digest, patternPayload } from '../clients/messages.ts';
import type { HttpRecord, RpcRecord, TlsRecord } from '../clients/record.ts';
import type { HttpExpectation, RpcExpectation, ServedByExpectation, TlsExpectation } from './expectation.ts';
import { THE_CASE, ascendByOne, type Findings } from './findings.ts';
import { EARLY_MS, SLACK } from './slack.ts';

/** Judges what the client of an RPC saw. */
export function judgeRpc(expected: RpcExpectation, got: RpcRecord, findings: Findings): void {
  const { status, error } = got;
  const acceptable = [expected.status, ...(expected.tolerated ?? []).map((each) => each.status)];
  if (status === undefined || !acceptable.includes(status.name)) {
    findings.add(
      'grpc-status',
      acceptable.join(' or '),
      status === undefined
        ? (error ?? 'nothing')
        : `${status.name}${status.details && ` (${status.details})`}`,
      'gRPC statuscodes.md',
    );
  }
  findings.text('grpc-message', expected.details, status?.details, THE_CASE);
  findings.equal('place of the status', expected.statusFrom, status?.from, 'gRPC PROTOCOL-WEB.md');
  judgeMessages(expected, got, findings);
  judgeServedBy(expected.servedBy, got, findings);
  findings.metadata(
    'initial metadata',
    expected.initialMetadata,
    got.initialMetadata,
    'gRPC PROTOCOL-HTTP2.md',
  );
  findings.metadata('trailer', expected.trailers, got.trailers, 'gRPC PROTOCOL-HTTP2.md');
  const identity = got.peerIdentity === '' ? null : got.peerIdentity;
  findings.text("server's identity", expected.peerIdentity, identity, 'SPIFFE');
  if (expected.ended !== undefined) {
    const { by, atMs } = expected.ended;
    const range = { min: atMs - EARLY_MS, max: atMs + SLACK[by] };
    findings.number(`time to the status, ended by the ${by}`, range, Math.round(got.endedAtMs), THE_CASE);
  }
  findings.equal('HTTP status', expected.http?.status, got.http?.status, 'RFC 9110');
  findings.text('content-type', expected.http?.contentType, got.http?.contentType, 'gRPC PROTOCOL-WEB.md');
  findings.equal('ALPN', expected.http?.alpn, got.http?.alpn, 'RFC 7301');
  findings.text("error of the page's script", expected.page?.error, got.page?.error, 'WHATWG Fetch');
  findings.text(
    "browser's console",
    expected.page?.console,
    got.page?.console,
    'WHATWG Fetch: CORS protocol',
  );
  findings.equal(
    'exit code of grpcurl',
    expected.process?.exitCode,
    got.process?.exitCode,
    "grpcurl's README",
  );
  findings.text('standard error of grpcurl', expected.process?.stderr, got.process?.stderr, THE_CASE);
}

function judgeMessages(expected: RpcExpectation, got: RpcRecord, findings: Findings): void {
  const { messages } = got;
  findings.equal('messages received', expected.count, messages.length, 'gRPC PROTOCOL-HTTP2.md');
  const sequences = messages.map(({ body }) => Number(body.sequence));
  if (expected.inOrder === true && !ascendByOne(sequences)) {
    findings.add(
      'order of messages',
      'ascending by one',
      sequences.join(', '),
      "gRPC's guarantee of order within an RPC",
    );
  }
  if (expected.payloadBytes !== undefined) {
    const size = expected.payloadBytes;
    messages.forEach(({ payload }, i) => {
      const sequence = sequences[i] ?? 0;
      const intact = payload?.size === size && payload.sha256 === digest(patternPayload(sequence, size));
      if (!intact) {
        const found =
          payload === undefined ? 'none' : `${payload.size} bytes, SHA-256 ${payload.sha256.slice(0, 12)}`;
        findings.add(`payload of message ${sequence}`, `${size} bytes as sent`, found, THE_CASE);
      }
    });
  }
  if (expected.betweenFirstAndLastMs !== undefined) {
    const span = (messages.at(-1)?.atMs ?? 0) - (messages[0]?.atMs ?? 0);
    findings.number(
      'milliseconds between first and last message',
      expected.betweenFirstAndLastMs,
      Math.round(span),
      THE_CASE,
    );
  }
  for (const [field, wanted] of Object.entries(expected.reply ?? {})) {
    const value = messages.at(-1)?.body[field];
    const got = typeof value === 'string' || typeof value === 'number' ? value : undefined;
    const about = `field ${field} of the reply`;
    if (typeof wanted === 'number')
      findings.number(about, wanted, got === undefined ? got : Number(got), THE_CASE);
    else findings.text(about, wanted, got?.toString(), THE_CASE);
  }
}

/**
 * Every reply names its server twice: in each message, and in the trailers. All that is there must agree, so that a
 * stream that changed its server half-way is seen.
 */
function judgeServedBy(expected: ServedByExpectation | undefined, got: RpcRecord, findings: Findings): void {
  if (expected === undefined) return;
  for (const key of ['service', 'version'] as const) {
    const wanted = expected === null ? null : expected[key];
    if (wanted === undefined || (wanted === null && key === 'version')) continue;
    const said = new Set(got.trailers[`x-meshproof-${key}`] ?? []);
    for (const { body } of got.messages) {
      const name = (body.served_by as Readonly<Record<string, unknown>> | null | undefined)?.[key];
      if (typeof name === 'string') said.add(name);
    }
    findings.text(
      key === 'service' ? 'served by' : 'version of the service',
      wanted,
      said.size === 0 ? undefined : [...said].join(' and '),
      THE_CASE,
    );
  }
}

/** Judges a bare TLS handshake. */
export function judgeTls(expected: TlsExpectation, got: TlsRecord, findings: Findings): void {
  findings.equal('ALPN', expected.alpn, got.alpn, 'RFC 7301; RFC 9113, section 3.2');
  findings.equal('TLS version', expected.version, got.version, THE_CASE);
  if (expected.authorized !== got.authorized) {
    findings.add(
      'verified chain and name',
      expected.authorized ? 'yes' : 'no',
      `${got.authorized ? 'yes' : 'no'}${got.error && ` (${got.error})`}`,
      'RFC 9525',
    );
  }
  findings.text('TLS failure', expected.error, got.error, THE_CASE);
  findings.text("certificate's issuer", expected.issuer, got.certificate?.issuer, THE_CASE);
  findings.text("certificate's names", expected.subjectAltName, got.certificate?.subjectAltName, 'RFC 9525');
}

/** Judges a plain HTTP exchange. */
export function judgeHttp(expected: HttpExpectation, got: HttpRecord, findings: Findings): void {
  if (expected.status !== got.status) {
    findings.add(
      'HTTP status',
      String(expected.status),
      `${got.status}${got.error && ` (${got.error})`}`,
      'RFC 9110',
    );
  }
  findings.metadata('header', expected.headers, got.headers, 'RFC 9110');
  findings.metadata('trailer', expected.trailers, got.trailers, 'RFC 9110');
  findings.text('body', expected.body, got.body, THE_CASE);
  findings.text('connection failure', expected.error, got.error, THE_CASE);
}
