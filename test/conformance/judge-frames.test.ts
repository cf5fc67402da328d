import { describe, expect, test } from 'vitest';
import type { Expectation, FramesExpectation } from '../../src/conformance/expectation.ts';
import { expectationOf } from '../../src/conformance/expectation-of.ts';
import { describeMismatch, judge } from '../../src/conformance/judge.ts';
import type { Case } from '../../src/conformance/model.ts';
import type { CallRecord } from '../../src/conformance/case-record.ts';
import type { ConnectionTimeline } from '../../src/frames/timeline/events.ts';
import { ScriptedConnection } from '../frames/connection.ts';

const RPC = 'rpc-1';

/** Request, response and trailers of one stream, unless it is cut short. */
function good(leg: 'client' | 'backend', cut?: (connection: ScriptedConnection) => void): ConnectionTimeline {
  const connection = new ScriptedConnection(leg).open().at(leg === 'client' ? 0 : 1);
  connection.request(1).data('client', 1, 5, true);
  connection.at(5).reply(1);
  if (cut === undefined) connection.trailers(1);
  else cut(connection);
  return connection.timeline();
}
const reset =
  (from: 'client' | 'server', code: number) =>
  (connection: ScriptedConnection): void => {
    connection.at(9).reset(from, 1, code);
  };

const call = (status = 'OK', attempts = 1): CallRecord =>
  ({
    client: {
      kind: 'rpc',
      client: 'grpc-js',
      rpcId: RPC,
      startedAt: '',
      status: { name: status, details: '' },
      initialMetadata: {},
      trailers: {},
      messages: [],
      sentAtMs: [],
      endedAtMs: 1,
    },
    ledger: Array.from({ length: attempts }, () => ({
      deadline_ms: -1,
      deployment: 'a',
      status_code: 0,
      tapped: true,
    })),
    gateway: [{}],
  }) as unknown as CallRecord;

function said(
  frames: readonly ConnectionTimeline[],
  {
    status = 'OK',
    expected,
    attempts,
  }: { status?: string; expected?: FramesExpectation; attempts?: number } = {},
): string[] {
  const expectation = {
    rpc: { status },
    ...(expected === undefined ? {} : { frames: expected }),
  } as Expectation;
  return judge(expectation, { calls: [call(status, attempts)], configuration: [], frames }).map(
    describeMismatch,
  );
}

describe('an RPC that must succeed', () => {
  test('is free of resets', () => {
    expect(said([good('client'), good('backend')])).toEqual([]);
    expect(said([good('client', reset('server', 2)), good('backend')])).toEqual([
      expect.stringContaining(
        'frames: RST_STREAM on the client leg: expected none outside the rule, got INTERNAL_ERROR (2) from the gateway',
      ),
    ]);
    expect(said([good('client'), good('backend', reset('server', 8))])).toEqual([
      expect.stringContaining('frames: RST_STREAM on the backend leg'),
    ]);
  });

  test('may be reset by its server where the case says so', () => {
    const ordered = { ordered: [{ kind: 'RST_STREAM', leg: 'backend', by: 'backend', code: 8 }] } as const;
    const legs = [good('client'), good('backend', reset('server', 8))] as const;
    expect(said(legs, { expected: ordered })).toEqual([]);
    expect(said(legs, { expected: { backend: { resets: [{ by: 'backend', code: [7, 8] }] } } })).toEqual([]);
  });

  test('must have been seen where another witness has seen it', () => {
    expect(said([good('backend')])).toEqual([expect.stringContaining('frames on the client leg')]);
    expect(said([good('client'), good('backend')], { attempts: 2 })).toEqual([
      expect.stringContaining('frames on the backend leg: expected 2 streams, as in the ledger, got 1'),
    ]);
  });
});

test('an RPC that must fail may be reset by whom the case leaves it to', () => {
  expect(
    said([good('client', reset('server', 2)), good('backend', reset('client', 2))], { status: 'INTERNAL' }),
  ).toEqual([]);
});

describe('what a case expects of the frames', () => {
  const legs = [good('client', reset('server', 2)), good('backend', reset('client', 0))] as const;
  const says = (expected: FramesExpectation): string[] => said(legs, { status: 'INTERNAL', expected });

  test.each<[FramesExpectation, string]>([
    [{ client: { resets: [] } }, 'expected none, got INTERNAL_ERROR (2) from the gateway'],
    [
      { client: { resets: [{ by: 'gateway', code: 0 }] } },
      'expected NO_ERROR (0) from the gateway, got INTERNAL_ERROR (2)',
    ],
    [{ client: { resets: [{ by: 'client', code: 2 }] } }, 'expected INTERNAL_ERROR (2) from the client, got'],
    [
      { backend: { resets: [{ by: 'gateway', code: 8 }] } },
      'RST_STREAM on the backend leg: expected CANCEL (8)',
    ],
    [
      { backend: { responseEnds: 'trailers' } },
      'end of the response on the backend leg: expected trailers, got never',
    ],
    [{ backend: { streams: 2 } }, 'streams on the backend leg: expected 2, got 1'],
    [{ backend: { protocol: /^an HTTP\/1/ } }, 'protocol on the backend leg: expected something like'],
    [
      { goaways: [{ leg: 'client', by: 'gateway', code: 0 }] },
      'GOAWAY on the client leg: expected from the gateway with NO_ERROR (0), got none',
    ],
  ])('%j is not met', (expected, text) => {
    expect(says(expected)).toEqual([expect.stringContaining(text)]);
  });

  test('is met', () => {
    expect(
      says({
        client: {
          protocol: 'HTTP/2',
          streams: 1,
          resets: [{ by: 'gateway', code: 2 }],
          responseEnds: 'never',
        },
        backend: { resets: [{ by: 'gateway', code: [0, 2, 8] }], responseEnds: 'never' },
      }),
    ).toEqual([]);
  });

  test('a response of one block is trailers-only', () => {
    const only = new ScriptedConnection('client').open().at(0).request(1);
    only.at(3).trailers(1, 14);
    const expected = { client: { responseEnds: 'trailers-only' } } as const;
    expect(said([only.timeline(), good('backend')], { expected })).toEqual([]);
  });
});

describe('what follows from the case', () => {
  const each = (more: object): Case =>
    ({
      invocation: { client: 'grpc-js', ...more },
      expectation: { rpc: { status: 'OK' } },
      ...('sinceEnvoy' in more ? { sinceEnvoy: more.sinceEnvoy } : {}),
    }) as unknown as Case;

  test('faults that its script orders, first attempts included', () => {
    const script = {
      steps: [{ goaway: 0, lastStream: 'this' }],
      failFirst: { attempts: 1, steps: [{ reset: 7 }] },
    };
    expect(expectationOf(each({ script }), {}).frames?.ordered).toEqual([
      { kind: 'GOAWAY', leg: 'backend', by: 'backend', code: 0 },
      { kind: 'RST_STREAM', leg: 'backend', by: 'backend', code: 7 },
    ]);
  });

  test('HTTP/1.1 on the leg of a client that speaks it', () => {
    expect(expectationOf(each({ http: '1.1' }), {}).frames?.client?.protocol).toEqual(
      /^an HTTP\/1\.1 request/,
    );
  });

  test('what the version of Envoy changes', () => {
    const sinceEnvoy = { '1.37': { frames: { goaways: [] } }, '1.9': { rpc: { status: 'UNKNOWN' } } };
    expect(expectationOf(each({ sinceEnvoy }), { envoy: '1.40.0' })).toMatchObject({
      rpc: { status: 'OK' },
      frames: { goaways: [] },
    });
    expect(expectationOf(each({ sinceEnvoy }), { envoy: '1.36.2' }).rpc?.status).toBe('UNKNOWN');
    expect(expectationOf(each({ sinceEnvoy }), {}).frames).toBeUndefined();
  });
});
