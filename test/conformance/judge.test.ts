import { describe, expect, test } from 'vitest';
import { digest, patternPayload } from '../../src/clients/messages.ts';
import type { ReceivedMessage } from '../../src/clients/record.ts';
import type { CaseRecord } from '../../src/conformance/case-record.ts';
import type { Expectation } from '../../src/conformance/expectation.ts';
import { describeMismatch, judge } from '../../src/conformance/judge.ts';
import { flips } from './mutate.ts';
import { someEntry, someLine, someRpc } from './samples.ts';

const message = (sequence: number, atMs: number, size = 10): ReceivedMessage => ({
  atMs,
  body: {
    sequence,
    received: 3,
    user_id: `u${sequence}`,
    served_by: { service: 'user-grpc-service', version: 'v1' },
  },
  payload: { size, sha256: digest(patternPayload(sequence, size)) },
});

/** Expectations that together judge every field there is, each with a record that meets it. */
const MET: Readonly<Record<string, { readonly expectation: Expectation; readonly record: CaseRecord }>> = {
  'a stream with everything judged': {
    expectation: {
      rpc: {
        status: 'OK',
        tolerated: [{ status: 'UNAVAILABLE', because: 'a race' }],
        details: '',
        statusFrom: 'trailers frame',
        count: 3,
        inOrder: true,
        payloadBytes: 10,
        betweenFirstAndLastMs: { min: 90, max: 150 },
        reply: { user_id: /^u3$/, received: 3 },
        servedBy: { service: 'user-grpc-service', version: 'v1' },
        initialMetadata: { 'x-initial': 'a', 'x-absent': null },
        trailers: { 'x-list': ['a', /b/], 'x-absent': null },
        ended: { by: 'server script', atMs: 200 },
        http: { status: 200, contentType: /^application\/grpc-web/, alpn: 'h2' },
      },
      ledger: {
        attempts: 2,
        service: 'user-grpc-service',
        perAttempt: [
          { status: 'UNAVAILABLE', trailersOnly: true },
          { status: 'OK', trailersOnly: false },
        ],
        metadata: { 'x-sent': 'yes', 'x-unsent': null },
        authority: 'grpc.example.com',
        deadlineMs: { min: 900, max: 1000 },
        received: 2,
        inOrder: true,
        halfClosed: true,
        cancelled: false,
      },
      gateway: {
        grpcStatus: 0,
        responseFlags: null,
        attempts: { min: 2 },
        upstreamCluster: /user-grpc-service/,
      },
      configuration: [{ question: { ask: 'route timeout', virtualService: 'grpc-vs' }, answer: '0s' }],
    },
    record: {
      calls: [
        {
          client: someRpc({
            status: { name: 'OK', details: '', from: 'trailers frame' },
            messages: [message(1, 10), message(2, 60), message(3, 110)],
            initialMetadata: { 'x-initial': ['a'] },
            trailers: { 'x-list': ['a', 'bb'], 'x-meshproof-service': ['user-grpc-service'] },
            endedAtMs: 205,
            http: { status: 200, contentType: 'application/grpc-web+proto', alpn: 'h2' },
          }),
          ledger: [
            someEntry({
              status_code: 14,
              trailers_only: true,
              metadata: { 'x-sent': ['yes'] },
              deadline_ms: 950,
            }),
            someEntry({
              metadata: { 'x-sent': ['yes'] },
              deadline_ms: 940,
              received_count: 2,
              received: [
                { bytes: 1, sequence: 1, at: 1 },
                { bytes: 1, sequence: 2, at: 2 },
              ],
              half_close_seen: 2,
            }),
          ],
          gateway: [
            someLine({ grpcStatus: 0, attempts: 2, upstreamCluster: 'outbound|50051||user-grpc-service.x' }),
          ],
        },
      ],
      configuration: [{ question: { ask: 'route timeout', virtualService: 'grpc-vs' }, answer: '0s' }],
    },
  },
  "the gateway's own refusal": {
    expectation: {
      rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null, process: { exitCode: 76, stderr: /Unimpl/ } },
      ledger: { attempts: 0 },
      gateway: 'no line',
    },
    record: {
      calls: [
        {
          client: someRpc({
            status: { name: 'UNIMPLEMENTED', details: '' },
            process: { command: 'grpcurl', exitCode: 76, stderr: 'Unimplemented' },
          }),
          ledger: [],
          gateway: [],
        },
      ],
      configuration: [],
    },
  },
  'a call whose server must see neither deadline nor half-close': {
    expectation: {
      rpc: { status: 'CANCELLED' },
      ledger: { attempts: 1, deadlineMs: null, halfClosed: false, cancelled: true },
    },
    record: {
      calls: [
        {
          client: someRpc({ status: { name: 'CANCELLED', details: '' } }),
          ledger: [someEntry({ cancelled: 5, status_code: -1 })],
          gateway: [],
        },
      ],
      configuration: [],
    },
  },
  'several calls over three pods': {
    expectation: {
      rpc: { status: 'OK' },
      ledger: { attempts: 1, perAttempt: [{ deadlineMs: { min: 900, max: 1000 } }] },
      spread: { pods: 3, atLeastEach: 2 },
      connections: 2,
    },
    record: {
      calls: ['a', 'b', 'c', 'a', 'b', 'c'].map((pod, i) => ({
        client: someRpc(),
        ledger: [someEntry({ pod, deadline_ms: 950 })],
        gateway: [someLine({ connectionId: i < 3 ? 1 : 2 })],
      })),
      configuration: [],
    },
  },
  'calls that go two ways, and one that was made meanwhile': {
    expectation: {
      rpc: { status: 'OK' },
      spread: { services: { user: { min: 2 }, order: 1 } },
      meanwhile: { later: { rpc: { status: 'OK' }, ledger: { attempts: 2, services: ['a', 'b'] } } },
    },
    record: {
      calls: ['user', 'user', 'order'].map((service) => ({
        client: someRpc({ trailers: { 'x-meshproof-service': [service] } }),
        ledger: [],
        gateway: [],
      })),
      meanwhile: {
        later: [
          {
            client: someRpc(),
            ledger: [someEntry({ deployment: 'b' }), someEntry({ deployment: 'a' })],
            gateway: [],
          },
        ],
      },
      configuration: [],
    },
  },
  'a TLS handshake': {
    expectation: {
      tls: {
        alpn: 'h2',
        version: 'TLSv1.3',
        authorized: true,
        error: '',
        issuer: 'test CA',
        subjectAltName: /grpc\.example\.com/,
      },
    },
    record: {
      calls: [
        {
          client: {
            kind: 'tls',
            rpcId: 'x',
            alpn: 'h2',
            version: 'TLSv1.3',
            authorized: true,
            error: '',
            certificate: {
              subject: '',
              issuer: 'test CA',
              subjectAltName: 'DNS:grpc.example.com',
              serial: '1',
              notAfter: '',
            },
          },
          ledger: [],
          gateway: [],
        },
      ],
      configuration: [],
    },
  },
  'a plain HTTP exchange': {
    expectation: {
      http: {
        status: 200,
        headers: { 'access-control-allow-origin': 'https://a', 'x-none': null },
        trailers: { 'grpc-status': '0' },
        body: /hello/,
        error: '',
      },
    },
    record: {
      calls: [
        {
          client: {
            kind: 'http',
            rpcId: 'x',
            status: 200,
            headers: { 'access-control-allow-origin': ['https://a'] },
            trailers: { 'grpc-status': ['0'] },
            body: 'hello there',
            error: '',
          },
          ledger: [],
          gateway: [],
        },
      ],
      configuration: [],
    },
  },
  'a refusal at admission': {
    expectation: { admission: { accepted: false, message: /spec\.http/ } },
    record: { calls: [], admission: { accepted: false, message: 'spec.http: empty' }, configuration: [] },
  },
};

describe.each(Object.entries(MET))('%s', (_name, { expectation, record }) => {
  test('a record that meets it has no mismatch', () => {
    expect(judge(expectation, record).map(describeMismatch)).toEqual([]);
  });

  test.each(flips(expectation, record).map((flip) => [`${flip.witness}: ${flip.what}`, flip] as const))(
    'the flip of %s is that mismatch and no other',
    (_what, flip) => {
      const mismatches = judge(expectation, flip.record);
      expect(mismatches.map(describeMismatch)).toHaveLength(1);
      expect(mismatches[0]?.witness).toBe(flip.witness);
      expect(mismatches[0]?.what.startsWith(flip.what)).toBe(true);
      expect(mismatches[0]?.expected).not.toBe(mismatches[0]?.got);
      expect(mismatches[0]?.source).not.toBe('');
    },
  );
});

const onlyCall = (
  client: CaseRecord['calls'][number]['client'],
  rest: Partial<CaseRecord['calls'][number]> = {},
): CaseRecord => ({
  calls: [{ client, ledger: [], gateway: [], ...rest }],
  configuration: [],
});

test('no mismatch hides another: each witness says its own', () => {
  const record = onlyCall(someRpc({ status: { name: 'UNAVAILABLE', details: 'reset' } }), {
    ledger: [someEntry({ deployment: 'order-grpc-service' })],
    gateway: [someLine({ responseFlags: 'UPE' })],
  });
  const expectation: Expectation = {
    rpc: { status: 'OK', count: 1 },
    ledger: { attempts: 2, service: 'user-grpc-service' },
    gateway: { responseFlags: null },
  };
  expect(judge(expectation, record).map(describeMismatch)).toEqual([
    'client: grpc-status: expected OK, got UNAVAILABLE (reset) [gRPC statuscodes.md]',
    'client: messages received: expected 1, got 0 [gRPC PROTOCOL-HTTP2.md]',
    'ledger: attempts: expected 2, got 1 (order-grpc-service: OK) [Istio HTTPRetry]',
    'ledger: service: expected user-grpc-service, got order-grpc-service [the case]',
    'gateway: access log responseFlags: expected nothing, got UPE [Envoy: access log command operators]',
  ]);
});

test('an RPC that was given up has no status, and says why', () => {
  const { status, ...given } = someRpc({ error: 'the harness gave up' });
  expect(status).toBeDefined();
  expect(judge({ rpc: { status: 'OK' } }, onlyCall(given)).map(({ got }) => got)).toEqual([
    'the harness gave up',
  ]);
});

test('a tolerated status is as good as the first', () => {
  const expectation: Expectation = {
    rpc: { status: 'DEADLINE_EXCEEDED', tolerated: [{ status: 'UNAVAILABLE', because: 'envoy#44479' }] },
  };
  const withStatus = (name: 'UNAVAILABLE' | 'INTERNAL') =>
    onlyCall(someRpc({ status: { name, details: '' } }));
  expect(judge(expectation, withStatus('UNAVAILABLE'))).toEqual([]);
  expect(judge(expectation, withStatus('INTERNAL'))[0]?.expected).toBe('DEADLINE_EXCEEDED or UNAVAILABLE');
});

test('a timer may not fire early, nor later than its slack', () => {
  const at = (endedAtMs: number) =>
    judge(
      { rpc: { status: 'OK', ended: { by: 'client deadline', atMs: 1000 } } },
      onlyCall(someRpc({ endedAtMs })),
    );
  expect(at(995)).toEqual([]);
  expect(at(1249)).toEqual([]);
  expect(at(980)).toHaveLength(1);
  expect(at(1260)).toHaveLength(1);
});

test('values joined by commas and repeated keys are equal', () => {
  const expectation: Expectation = { rpc: { status: 'OK', trailers: { 'x-list': ['a', 'b'] } } };
  for (const values of [['a', 'b'], ['a, b'], ['a,b']]) {
    expect(judge(expectation, onlyCall(someRpc({ trailers: { 'x-list': values } })))).toEqual([]);
  }
  expect(judge(expectation, onlyCall(someRpc({ trailers: { 'x-list': ['b', 'a'] } })))).toHaveLength(1);
});

test('a stream whose server changed half-way is seen', () => {
  const messages = [
    message(1, 1),
    { ...message(2, 2), body: { sequence: 2, served_by: { service: 'other' } } },
  ];
  const [mismatch] = judge(
    { rpc: { status: 'OK', servedBy: { service: 'user-grpc-service' } } },
    onlyCall(someRpc({ messages })),
  );
  expect(mismatch?.got).toBe('user-grpc-service and other');
});

test('of several calls the mismatch names the one', () => {
  const calls = [someRpc(), someRpc({ status: { name: 'INTERNAL', details: '' } })].map((client) => ({
    client,
    ledger: [],
    gateway: [],
  }));
  expect(judge({ rpc: { status: 'OK' } }, { calls, configuration: [] })[0]?.what).toBe(
    'grpc-status (call 2 of 2)',
  );
});

test('a question that was never answered is a mismatch', () => {
  const expectation: Expectation = {
    configuration: [{ question: { ask: 'http filters', port: 8443 }, answer: /grpc_web/ }],
  };
  expect(judge(expectation, { calls: [], configuration: [] })[0]).toMatchObject({
    witness: 'configuration',
    what: 'http filters (8443)',
    got: 'nothing',
  });
});

test('a record of the wrong client is a mismatch, not a pass', () => {
  expect(judge({ tls: { authorized: true } }, onlyCall(someRpc()))).toHaveLength(1);
});
