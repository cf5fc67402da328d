import { expect, test } from 'vitest';
import { parseDefaultAccessLogLine } from '../../src/evidence/default-access-log.ts';

const TEXT =
  '[2026-03-04T02:15:00.000Z] "POST /a.B/C HTTP/2" 200 UPE upstream_reset_before_response_started{protocol_error} - "-" 5 0 3 - "10.0.0.1" "meshproof/diagnose/some-id" "req-1" "grpc.example.com" "10.0.0.2:50051" outbound|50051||grpc.default.svc.cluster.local 10.0.0.3:1 10.0.0.3:8443 10.0.0.1:2 grpc.example.com -';

test("Istio's default text is read field by field", () => {
  expect(parseDefaultAccessLogLine(TEXT)).toMatchObject({
    method: 'POST',
    path: '/a.B/C',
    protocol: 'HTTP/2',
    responseCode: 200,
    responseFlags: 'UPE',
    responseCodeDetails: 'upstream_reset_before_response_started{protocol_error}',
    upstreamTransportFailureReason: null,
    userAgent: 'meshproof/diagnose/some-id',
    requestId: 'req-1',
    authority: 'grpc.example.com',
    upstreamCluster: 'outbound|50051||grpc.default.svc.cluster.local',
    requestedServerName: 'grpc.example.com',
    routeName: null,
    grpcStatus: null,
  });
});

test("and so is Istio's default JSON", () => {
  const line = { response_flags: 'UH', response_code: 503, user_agent: 'a', path: '/a.B/C', duration: '3' };
  expect(parseDefaultAccessLogLine(JSON.stringify(line))).toMatchObject({
    responseFlags: 'UH',
    responseCode: 503,
    userAgent: 'a',
    path: '/a.B/C',
    durationMs: 3,
    upstreamHost: null,
  });
});

test.each(['', 'info a line of the agent', '{"level":"info"}', '[2026] too short', '{'])(
  '%j is no line',
  (text) => {
    expect(parseDefaultAccessLogLine(text)).toBeUndefined();
  },
);
