import type { HttpRecord, RpcRecord, TlsRecord } from '../clients/record.ts';
import { statusName, statusOfHttp } from '../clients/grpc-status.ts';
import { hostOf } from '../clients/target.ts';
import type { CallEvidence, Disagreement, Evidence, RequestFacts } from '../diagnosis/evidence.ts';
import type { AccessLogLine } from '../evidence/access-log-format.ts';
import {
  cameFromService,
  grpcMessageOf,
  grpcStatusOf,
  isAnswered,
  type LoggedProbes,
  type OutsideFindings,
  type Subject,
} from './findings.ts';

/** What is known from within: objects, Secrets, the gateway's configuration, and what it logged of a probe. */
export type InsideFacts = Pick<Evidence, 'objects' | 'secrets' | 'gatewayNamespace' | 'gateway'> & {
  /** The port of the gateway's Service, where that is not the one that was dialled. */
  readonly port?: number;
  readonly linesOf: (rpcId: string) => readonly AccessLogLine[];
};

/**
 * One evidence for each probe that did not find what its user needs, since rules look at one call at a time. Empty when
 * all is well.
 */
export function evidencesOf(
  subject: Subject,
  found: OutsideFindings,
  ids: LoggedProbes,
  facts: InsideFacts,
): Evidence[] {
  const { linesOf, port = subject.port, ...inside } = facts;
  const evidence = (
    request: RequestFacts,
    client: CallEvidence['client'],
    about: Disagreement,
  ): Evidence => ({
    calls: [{ request, client, ledger: [], gateway: linesOf(client.rpcId) }],
    disagreements: [about],
    refusals: [],
    ...inside,
    at: new Date().toISOString(),
  });
  const { call, handshakes, preflight, web } = found;
  const request = requestOf(subject, port);
  const evidences: Evidence[] = [];
  if (!isAnswered(call)) {
    const record = asRpc(call, ids.call.rpcId);
    const said = record.status ?? { name: '', details: '' };
    const got = `${said.name} (${said.details})`;
    const expected = 'an answer of the service';
    evidences.push(evidence(request, record, { witness: 'client', what: 'reply', expected, got }));
  }
  const shaken = handshakes?.['h2 and http/1.1'];
  if (shaken !== undefined && (shaken.error !== '' || shaken.alpn !== 'h2')) {
    const about = aboutHandshake(shaken);
    evidences.push(evidence({ ...request, alpn: ['h2', 'http/1.1'], path: '', verb: '' }, shaken, about));
  }
  if (subject.origin === undefined) return evidences;
  const asked = { ...request, client: 'http', http: '1.1', verb: 'OPTIONS' } as const;
  const preflighted = aboutPreflight(preflight, subject.origin);
  if (preflighted !== undefined) {
    const headers = {
      origin: subject.origin,
      'access-control-request-headers': 'content-type,x-grpc-web,x-user-agent',
    };
    evidences.push(
      evidence({ ...asked, headers }, { ...preflight, rpcId: ids.preflight.rpcId }, preflighted),
    );
  }
  const isWeb = web.headers['content-type']?.[0]?.startsWith('application/grpc-web') === true;
  if (!isWeb && isAnswered(call)) {
    const headers = { origin: subject.origin, 'content-type': 'application/grpc-web+proto' };
    const got = web.error === '' ? `HTTP ${web.status} ${web.headers['content-type']?.[0] ?? ''}` : web.error;
    const about = { witness: 'client', what: 'gRPC-Web', expected: 'a reply in gRPC-Web', got };
    const client = { ...web, rpcId: ids.web.rpcId };
    evidences.push(evidence({ ...asked, client: 'grpc-web', verb: 'POST', headers }, client, about));
  }
  return evidences;
}

/** What a gRPC client of the subject sets out to do. */
function requestOf({ tls, authority, method, headers }: Subject, port: number): RequestFacts {
  return {
    client: 'a gRPC client',
    tls,
    port,
    http: '2',
    authority,
    serverName: tls ? hostOf(authority) : '',
    alpn: tls ? ['h2'] : [],
    path: `/${method}`,
    verb: 'POST',
    headers: { ...headers, 'content-type': 'application/grpc' },
  };
}

function aboutHandshake({ error, alpn }: TlsRecord): Disagreement {
  const witness = 'client';
  return error === ''
    ? { witness, what: 'ALPN', expected: 'h2', got: alpn || 'nothing' }
    : { witness, what: 'TLS failure', expected: 'nothing', got: error };
}

/** What a browser would stumble over, the first thing first. */
function aboutPreflight({ status, headers, error }: HttpRecord, origin: string): Disagreement | undefined {
  const witness = 'client';
  const [allowed = 'nothing'] = headers['access-control-allow-origin'] ?? [];
  if (error !== '' || ![origin, '*'].includes(allowed)) {
    const got = allowed === 'nothing' ? 'nothing' : allowed;
    return { witness, what: `access-control-allow-origin (HTTP ${status})`, expected: origin, got };
  }
  const listed = (headers['access-control-allow-headers'] ?? []).join(',').toLowerCase();
  const missing = ['content-type', 'x-grpc-web', 'x-user-agent'].filter((name) => !listed.includes(name));
  if (missing.length > 0 && listed !== '*') {
    return {
      witness,
      what: 'access-control-allow-headers',
      expected: missing.join(','),
      got: listed === '' ? 'nothing' : listed,
    };
  }
  return undefined;
}

/** The reply as a gRPC client tells its caller of it. */
function asRpc(record: HttpRecord, rpcId: string): RpcRecord {
  const code = grpcStatusOf(record);
  const name =
    record.error !== '' ? 'UNAVAILABLE' : code === undefined ? statusOfHttp(record.status) : statusName(code);
  return {
    kind: 'rpc',
    client: 'grpc-js',
    rpcId,
    startedAt: new Date().toISOString(),
    status: {
      name,
      details: grpcMessageOf(record),
      ...(cameFromService(record) ? { from: 'server' as const } : {}),
    },
    initialMetadata: record.headers,
    trailers: record.trailers,
    messages: [],
    sentAtMs: [],
    endedAtMs: 0,
    http: { status: record.status, contentType: record.headers['content-type']?.[0] ?? '', alpn: '' },
  };
}
