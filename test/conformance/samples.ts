import type { RpcRecord } from '../../src/clients/record.ts';
import { accessLogFormat, type AccessLogLine } from '../../src/evidence/access-log-format.ts';
import type { LedgerEntry } from '../../src/evidence/ledger.ts';

/** Records in which nothing happened, to be filled by tests. */

export const someEntry = (facts: Partial<LedgerEntry> = {}): LedgerEntry => ({
  case_id: 'some/case',
  rpc_id: 'some-rpc',
  request_id: 'some-request',
  attempt: 1,
  service: 'mypackage.UserService',
  method: 'GetUser',
  authority: 'grpc.example.com',
  peer: '10.0.0.1:1234',
  deployment: 'user-grpc-service',
  pod: 'user-1',
  version: 'v1',
  connection: 1,
  stream_id: 1,
  metadata: {},
  grpc_timeout: '',
  deadline_ms: -1,
  envoy_attempt_count: 1,
  started: 1,
  headers_sent: 2,
  half_close_seen: 0,
  cancelled: 0,
  reset_received: -1,
  reset_sent: -1,
  status_sent: 3,
  ended: 3,
  closed: true,
  received_count: 0,
  received_bytes: 0,
  received: [],
  sent_count: 0,
  status_code: 0,
  status_message: '',
  trailers_only: false,
  failed_on_purpose: false,
  peer_identity: '',
  tapped: true,
  ...facts,
});

export const someLine = (facts: Partial<AccessLogLine> = {}): AccessLogLine => {
  const keys = Object.keys(JSON.parse(accessLogFormat()) as object);
  return { ...(Object.fromEntries(keys.map((key) => [key, null])) as unknown as AccessLogLine), ...facts };
};

export const someRpc = (facts: Partial<RpcRecord> = {}): RpcRecord => ({
  kind: 'rpc',
  client: 'grpc-js',
  rpcId: 'some-rpc',
  startedAt: '2026-01-01T00:00:00.000Z',
  status: { name: 'OK', details: '' },
  initialMetadata: {},
  trailers: {},
  messages: [],
  sentAtMs: [0],
  endedAtMs: 10,
  ...facts,
});
