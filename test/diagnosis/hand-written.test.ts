/**
 * Failures that cannot be provoked here: they need another Istio, another Envoy, or another client. The evidence is
 * made up after the issues that the causes name. docs/diagnosis.md lists them as not provoked.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '@kubernetes/client-node';
import { CAUSES, type Cause } from '../../src/diagnosis/causes.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { CallEvidence, Evidence } from '../../src/diagnosis/evidence.ts';
import type { StatusName } from '../../src/clients/grpc-status.ts';
import type { AccessLogLine } from '../../src/evidence/access-log-format.ts';
import type { LedgerEntry } from '../../src/evidence/ledger.ts';

interface Captured {
  readonly sabotage: string;
  readonly evidence: Evidence;
}

/** Real evidence of a route without retries, of which the calls are replaced. */
const GROUND = readFileSync(new URL('captured.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Captured)
  .find(({ sabotage }) => sabotage === 'S6: another valid retryOn');

interface Written {
  readonly status: StatusName;
  readonly details: string;
  readonly line?: Partial<AccessLogLine>;
  readonly lines?: number;
  readonly entry?: Partial<LedgerEntry>;
  /** Attempts that the services saw. */
  readonly attempts?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly disagreement?: { readonly what: string; readonly expected: string; readonly got: string };
  readonly objects?: readonly KubernetesObject[];
}

function written({
  status,
  details,
  line = {},
  lines = 1,
  entry,
  attempts = entry === undefined ? 0 : 1,
  headers = {},
  disagreement = { what: 'grpc-status', expected: 'OK', got: status },
  objects = [],
}: Written): Evidence {
  if (GROUND === undefined) throw new Error('the captured evidence has changed');
  const ground = structuredClone(GROUND.evidence);
  const [call] = ground.calls;
  const [logged, seen] = [call?.gateway[0], call?.ledger[0]];
  if (call?.client.kind !== 'rpc' || logged === undefined || seen === undefined)
    throw new Error('the captured evidence has changed');
  const quiet = { grpcStatus: null, responseFlags: null, responseCodeDetails: null, attempts: 1 } as const;
  const witnesses: CallEvidence = {
    request: { ...call.request, port: 443, tls: true, headers: { ...call.request.headers, ...headers } },
    client: { ...call.client, status: { name: status, details } },
    gateway: Array.from({ length: lines }, () => ({ ...logged, ...quiet, ...line })),
    ledger: Array.from({ length: attempts }, () => ({ ...seen, ...entry })),
  };
  return {
    ...ground,
    calls: [witnesses],
    disagreements: [{ witness: 'client', ...disagreement }],
    objects: [...ground.objects, ...objects],
  };
}

const object = (apiVersion: string, kind: string, name: string, spec: object): KubernetesObject =>
  ({ apiVersion, kind, metadata: { name, namespace: 'default' }, spec }) as object;
const API = 'gateway.networking.k8s.io/v1';
const TOO_FEW = { what: 'attempts', expected: '3', got: '1' };
const TOO_MANY = { what: 'attempts', expected: '4', got: '9' };
const NO_ROUTE = { responseFlags: 'NR', responseCodeDetails: 'route_not_found', grpcStatus: 12 };
const TERMINATED = {
  responseFlags: 'UC',
  responseCodeDetails: 'upstream_reset_before_response_started{connection_termination}',
  upstreamProtocol: 'HTTP/2',
  upstreamCluster: 'outbound|50051||late.default.svc.cluster.local',
};
const SERVED = { status_code: 0, reset_sent: -1, half_close_seen: 1 };
/** The ground's first host, served by one Gateway, and another one by a second Gateway. */
const ONE_HOST = object('networking.istio.io/v1', 'Gateway', 'one', {
  servers: [{ hosts: ['one.example.com'], port: { name: 'https', number: 443, protocol: 'HTTPS' }, tls: {} }],
});
const OTHER_HOST = object('networking.istio.io/v1', 'Gateway', 'other', {
  servers: [
    { hosts: ['other.example.com'], port: { name: 'https', number: 443, protocol: 'HTTPS' }, tls: {} },
  ],
});
const late = (port: object): KubernetesObject =>
  object('v1', 'Service', 'late', {
    ports: [{ name: 'grpc', port: 50051, ...port }],
    selector: { app: 'late' },
  });
const BACKEND_TLS = object(API, 'BackendTLSPolicy', 'late-tls', {
  targetRefs: [{ kind: 'Service', name: 'late' }],
});

const FAILURES: readonly (readonly [cause: Cause, what: string, written: Written])[] = [
  [
    'trailers-lost',
    'a body of 65535 octets (D1)',
    {
      status: 'INTERNAL',
      details: 'No grpc-status found on response',
      line: { grpcStatus: 0, bytesSent: 65_535 },
      entry: SERVED,
    },
  ],
  [
    'trailers-lost',
    'under load (D2)',
    {
      status: 'INTERNAL',
      details: 'server closed the stream without sending trailers',
      line: { grpcStatus: 0, bytesSent: 20_480 },
      entry: SERVED,
    },
  ],
  [
    'answered-before-half-close',
    'an early answer (D3)',
    {
      status: 'INTERNAL',
      details: 'Received RST_STREAM with code 0',
      line: { grpcStatus: 0, bytesSent: 120 },
      entry: { ...SERVED, half_close_seen: 0 },
    },
  ],
  [
    'content-length-of-another-body',
    'copied metadata (D4)',
    {
      status: 'UNAVAILABLE',
      details: 'upstream connect error or disconnect/reset before headers. reset reason: remote reset',
      line: {
        responseFlags: 'UR',
        responseCodeDetails: 'upstream_reset_before_response_started{remote_reset}',
      },
      headers: { 'content-length': '45' },
    },
  ],
  [
    'connection-given-up',
    'after many streams (D5)',
    {
      status: 'INTERNAL',
      details: 'Received RST_STREAM with code 2',
      line: {
        responseFlags: 'DPE',
        responseCodeDetails: 'codec_error:The_user_callback_function_failed',
      },
    },
  ],
  [
    'pooled-connection-closed',
    "a server's idle limit (A6, E6)",
    {
      status: 'UNAVAILABLE',
      details: 'reset reason: connection termination',
      line: TERMINATED,
      objects: [late({ appProtocol: 'grpc' })],
    },
  ],
  [
    'backend-tls-without-h2',
    'BackendTLSPolicy (A7)',
    {
      status: 'UNAVAILABLE',
      details: 'reset reason: connection termination',
      line: TERMINATED,
      objects: [late({}), BACKEND_TLS],
    },
  ],
  [
    'connection-coalesced',
    'one certificate, two Gateways (C2, C3)',
    {
      status: 'UNIMPLEMENTED',
      details: '',
      line: { ...NO_ROUTE, requestedServerName: 'one.example.com', authority: 'other.example.com' },
      objects: [ONE_HOST, OTHER_HOST],
    },
  ],
  [
    'route-kinds-on-one-host',
    'GRPCRoute and HTTPRoute (C4)',
    {
      status: 'UNIMPLEMENTED',
      details: '',
      line: NO_ROUTE,
      objects: [
        object(API, 'GRPCRoute', 'rpc', { hostnames: ['grpc.example.com'] }),
        object(API, 'HTTPRoute', 'web', { hostnames: ['grpc.example.com'] }),
      ],
    },
  ],
  [
    'grpcroute-without-hostnames',
    'GRPCRoute (C5)',
    {
      status: 'UNIMPLEMENTED',
      details: '',
      line: NO_ROUTE,
      objects: [object(API, 'GRPCRoute', 'rpc', { rules: [] })],
    },
  ],
  [
    'retried-at-another-hop',
    'a sidecar (F2)',
    {
      status: 'UNAVAILABLE',
      details: '',
      line: { attempts: 3 },
      entry: SERVED,
      attempts: 9,
      disagreement: TOO_MANY,
    },
  ],
  [
    'client-retries',
    'a service config (F2)',
    {
      status: 'UNAVAILABLE',
      details: '',
      line: { attempts: 3 },
      lines: 3,
      entry: SERVED,
      attempts: 9,
      disagreement: TOO_MANY,
    },
  ],
  [
    'retry-buffer-exceeded',
    'a large request (F5)',
    {
      status: 'UNAVAILABLE',
      details: 'exceeded request buffer limit while retrying upstream',
      line: { responseCodeDetails: 'request_payload_exceeded_retry_buffer_limit' },
      entry: { ...SERVED, status_code: 14, trailers_only: true },
      disagreement: TOO_FEW,
    },
  ],
  [
    'stream-refused',
    'a full connection (I1)',
    {
      status: 'UNAVAILABLE',
      details: 'reset reason: remote refused stream reset',
      line: {
        responseFlags: 'UR',
        responseCodeDetails: 'upstream_reset_before_response_started{remote_refused_stream_reset}',
      },
    },
  ],
  [
    'xds-bootstrap-absent',
    'no hold (L1)',
    {
      status: 'UNAVAILABLE',
      details:
        'xds: Failed to read bootstrap config: open /etc/istio/proxy/grpc-bootstrap.json: no such file',
    },
  ],
  [
    'xds-stream-replaced',
    'three targets (L2)',
    { status: 'UNAVAILABLE', details: 'xds: error received from xDS stream: EOF' },
  ],
];

describe('evidence that is hand-written', () => {
  test.each(FAILURES)('%s: %s', (cause, _what, made) => {
    const evidence = written(made);
    const found = diagnose(evidence);
    expect(found[0]?.cause, JSON.stringify(found)).toBe(cause);
    expect(found[0]?.because.join('')).not.toBe('');
    expect(diagnose({ ...evidence, disagreements: [] })).toEqual([]);
  });

  test.each(FAILURES)('%s: %s, without the symptom, is not diagnosed', (cause, _what, made) => {
    const other = { what: 'header x-other', expected: 'a', got: 'b' };
    const well = written({ ...made, status: 'OK', details: '', line: {}, headers: {}, disagreement: other });
    expect(diagnose(well).map((each) => each.cause)).not.toContain(cause);
  });

  test('docs/diagnosis.md lists them as not provoked', () => {
    const text = readFileSync(new URL('../../docs/diagnosis.md', import.meta.url), 'utf8');
    const [, listed = ''] = /## Not provoked here\n([\s\S]*?)(?:\n## |$)/.exec(text) ?? [];
    const causes = [...listed.matchAll(/`([a-z0-9-]+)`/g)].flatMap(([, id = '']) =>
      id in CAUSES ? [id] : [],
    );
    expect(new Set(causes)).toEqual(new Set(FAILURES.map(([cause]) => cause)));
  });
});
