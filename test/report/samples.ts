import type { Mismatch, Row } from '../../src/conformance/outcomes.ts';
import { assembleReport } from '../../src/report/assemble.ts';
import type { RunFacts } from '../../src/report/assemble.ts';
import type { Report, ReportCase } from '../../src/report/schema.ts';

/** A case that passed; `more` replaces what matters to a test. */
export function sampleCase(row: Row, name: string, more: Partial<ReportCase> = {}): ReportCase {
  return {
    name,
    row,
    title: 'The named backend answers',
    environment: 'local',
    configuration: 'path-routes',
    client: 'grpc-js',
    transport: 'tls',
    rpcKind: 'unary',
    outcome: 'passed',
    durationMs: 12.4,
    mismatches: [],
    ...more,
  };
}

const WRONG_BACKEND: readonly Mismatch[] = [
  {
    witness: 'client',
    what: 'answering service',
    expected: 'user-grpc-service',
    got: 'order-grpc-service',
    source: 'VirtualService user-vs, http[0].route[0].destination.host',
  },
  {
    witness: 'gateway',
    what: 'upstream cluster',
    expected: 'outbound|50051||user-grpc-service.default.svc.cluster.local',
    got: 'outbound|50051||order-grpc-service.default.svc.cluster.local',
    source: 'access log, UPSTREAM_CLUSTER',
  },
];

const CASES: readonly ReportCase[] = [
  sampleCase('S1', 'tls/alpn/grpc-js', { title: 'ALPN picks h2', configuration: 'tls-gateway' }),
  sampleCase('S1', 'tls/chain/grpcurl', { title: 'The chain verifies', client: 'grpcurl' }),
  sampleCase('S3', 'h2c/unary', { title: 'Prior knowledge works', transport: 'h2c' }),
  sampleCase('S4', 'routing/path/user-service'),
  sampleCase('S4', 'routing/path/order-service'),
  sampleCase('S5', 'streams/quiet/server-stream', { rpcKind: 'server-stream', durationMs: 65_432 }),
];

const FACTS: RunFacts = {
  planned: CASES.length,
  startedAt: '2026-03-04T02:15:00.000Z',
  durationMs: 161_234,
  command: ['meshproof', 'run'],
  environment: { kind: 'local', name: 'meshproof', capabilities: ['load-balancer-address', 'node-port'] },
  versions: {
    istio: '1.31.0',
    envoy: '1.39.0 (build 4f2a91c0/Clean/RELEASE/BoringSSL)',
    kubernetes: 'v1.36.1',
    node: 'v24.21.0',
    'grpc-js': '1.14.7',
    grpcurl: '1.9.3',
  },
  dataPlane: {
    stock: true,
    note: "Istio's telemetry filter is not in it.",
    switches: ['values.pilot.env.ENABLE_X=false', 'meshConfig.defaultConfig.y=z'],
  },
  images: { source: 'built', why: 'no registry answered within 4 s' },
  patch: null,
  steps: [
    { title: 'Kubernetes control plane', seconds: 4.312, ok: true },
    { title: 'istioctl install', seconds: 7.9, ok: true },
    { title: 'Cases', seconds: 70.25, ok: true },
  ],
  cases: CASES,
  notes: [],
};

export const passingReport: Report = assembleReport(FACTS);

const FAILING: readonly ReportCase[] = [
  ...CASES.slice(0, 3),
  sampleCase('S4', 'routing/path/user-service', {
    outcome: 'failed',
    mismatches: WRONG_BACKEND,
    evidence: 'evidence/routing/path/user-service',
  }),
  sampleCase('S4', 'routing/path/order-service'),
  sampleCase('S6', 'retries/status/unavailable', {
    title: 'UNAVAILABLE is tried four times',
    outcome: 'failed',
    configuration: 'retries',
    mismatches: [
      {
        witness: 'ledger',
        what: 'attempts',
        expected: '4',
        got: '1',
        source: 'VirtualService http[].retries.attempts: 3, plus the first try',
      },
    ],
    evidence: 'evidence/retries/status/unavailable',
  }),
  sampleCase('S6', 'retries/deadline', {
    title: 'A deadline ends all tries',
    outcome: 'known-failing',
    reason: 'envoyproxy/envoy 1234',
    mismatches: [
      { witness: 'client', what: 'grpc-status', expected: '4', got: '14', source: 'gRPC status codes' },
    ],
  }),
  sampleCase('S8', 'grpc-web/text', {
    outcome: 'unexpectedly-passed',
    reason: 'an old note',
    client: 'undici',
  }),
  sampleCase('S9', 'cors/chromium', {
    outcome: 'skipped',
    reason: 'no Chromium on this machine',
    client: 'chromium',
  }),
];

export const failingReport: Report = assembleReport({
  ...FACTS,
  planned: FAILING.length,
  cases: FAILING,
  patch: ['swap-selectors.yaml'],
  knownFailing: ['known-failing.yaml'],
  notes: ['--images auto: no registry answered, so the images were built.'],
});

const KEPT_FROM_RUNNING: readonly ReportCase[] = [
  sampleCase('S1', 'tls/alpn/grpc-js'),
  ...['user-service', 'order-service', 'health'].map((name) =>
    sampleCase('S4', `routing/path/${name}`, {
      outcome: 'could-not-run',
      reason: 'configuration path-routes did not reach the gateway within 30 s',
      durationMs: 0,
    }),
  ),
];

/** A run that died: three cases could not run, and two of those planned were never reached. */
export const couldNotRunReport: Report = assembleReport(
  {
    ...FACTS,
    planned: 6,
    cases: KEPT_FROM_RUNNING,
    dataPlane: null,
    images: null,
    steps: [
      { title: 'Kubernetes control plane', seconds: 4.312, ok: true },
      { title: 'Cases', seconds: 30.9, ok: false },
    ],
  },
  'istiod ended with signal SIGKILL while configuration path-routes was applied.',
);
