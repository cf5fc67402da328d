import { describe, expect, test } from 'vitest';
import { judgeFrames, ruleResets } from '../../src/frames/resets/judge.ts';
import { RESET_TABLE, type RpcFacts } from '../../src/frames/resets/table.ts';
import { rpcTimeline, type RpcTimeline } from '../../src/frames/timeline/rpc-timeline.ts';
import { ScriptedConnection } from './connection.ts';

/** Both legs of one RPC; each test writes what happens after the request's headers. */
interface Legs {
  readonly client: ScriptedConnection;
  readonly backend: ScriptedConnection;
}

function rpc(write: (legs: Legs) => void): RpcTimeline {
  const client = new ScriptedConnection('client').open().at(0).request(1);
  const backend = new ScriptedConnection('backend').open().at(1).request(7);
  write({ client, backend });
  return rpcTimeline('rpc-1', [client.timeline(), backend.timeline()]);
}

interface Example {
  readonly row: number;
  readonly name: string;
  readonly allowed: (legs: Legs) => void;
  /** The same reset in a state, with a code or from a sender that the row does not name. */
  readonly forbidden: readonly ((legs: Legs) => void)[];
  readonly facts?: RpcFacts;
  /** Facts under which the allowed one is not. */
  readonly otherFacts?: RpcFacts;
}

const EXAMPLES: readonly Example[] = [
  {
    row: 0,
    name: 'gateway to client, NO_ERROR after the trailers',
    allowed: ({ client }) => client.at(9).reply(1).trailers(1).reset('server', 1, 0),
    forbidden: [
      ({ client }) => client.at(9).reply(1).reset('server', 1, 0),
      ({ client }) => client.at(9).reset('server', 1, 0).reply(1).at(10).trailers(1),
      ({ client }) => client.at(9).reply(1).trailers(1).reset('server', 1, 2),
      ({ client }) => client.at(9).reply(1).trailers(1).reset('server', 1, 8),
    ],
  },
  {
    row: 1,
    name: 'client, with its final status, before it has half-closed',
    allowed: ({ client }) => client.at(9).reply(1).trailers(1).reset('client', 1, 8),
    forbidden: [
      ({ client }) => client.at(9).reply(1).reset('client', 1, 8),
      ({ client }) => client.at(9).reply(1).trailers(1).reset('client', 1, 1),
    ],
  },
  {
    row: 2,
    name: 'client that cancels',
    allowed: ({ client }) => client.at(9).reset('client', 1, 8),
    forbidden: [
      ({ client }) => client.at(9).reset('client', 1, 2),
      ({ client }) => client.at(9).reset('server', 1, 8),
    ],
    facts: { clientStatus: 'CANCELLED' },
    otherFacts: { clientStatus: 'UNAVAILABLE' },
  },
  {
    row: 2,
    name: 'client whose deadline has passed',
    allowed: ({ client }) => client.at(9).reset('client', 1, 8),
    forbidden: [],
    facts: { clientStatus: 'DEADLINE_EXCEEDED' },
    otherFacts: {},
  },
  {
    row: 3,
    name: 'backend, NO_ERROR after its trailers',
    allowed: ({ backend }) => backend.at(9).reply(7).trailers(7).reset('server', 7, 0),
    forbidden: [
      ({ backend }) => backend.at(9).reply(7).reset('server', 7, 0),
      ({ backend }) => backend.at(9).reset('server', 7, 7),
      ({ backend }) => backend.at(9).reply(7).trailers(7).reset('server', 7, 8),
    ],
  },
  {
    row: 4,
    name: 'gateway to backend, after the response has ended',
    allowed: ({ backend }) => backend.at(9).reply(7).trailers(7).reset('client', 7, 8),
    forbidden: [
      ({ backend }) => backend.at(9).reply(7).reset('client', 7, 8),
      ({ backend }) => backend.at(9).reply(7).trailers(7).reset('client', 7, 1),
    ],
  },
  {
    row: 5,
    name: 'gateway to backend, after the client has reset its stream',
    allowed: ({ client, backend }) => (
      client.at(8).reset('client', 1, 8),
      backend.at(9).reset('client', 7, 8)
    ),
    forbidden: [
      ({ client, backend }) => (client.at(20).reset('client', 1, 8), backend.at(9).reset('client', 7, 8)),
      ({ client, backend }) => (client.at(8).reset('client', 1, 8), backend.at(9).reset('client', 7, 1)),
      ({ client, backend }) => (client.at(8).reset('client', 1, 8), backend.at(9).reset('server', 7, 8)),
    ],
    facts: { clientStatus: 'CANCELLED' },
  },
  {
    row: 5,
    name: 'gateway to backend, after the client was gone',
    allowed: ({ client, backend }) => (
      client.at(8).recorder.ended('client', 'RST'),
      backend.at(9).reset('client', 7, 8)
    ),
    forbidden: [
      ({ client, backend }) => (
        client.at(8).recorder.ended('server', 'FIN'),
        backend.at(9).reset('client', 7, 8)
      ),
    ],
  },
  {
    row: 6,
    name: 'gateway to backend, after the timeout of one try',
    allowed: ({ backend }) => backend.at(501).reset('client', 7, 8),
    forbidden: [
      ({ backend }) => backend.at(400).reset('client', 7, 8),
      ({ backend }) => backend.at(501).reset('client', 7, 3),
      ({ backend }) => backend.at(501).reset('server', 7, 8),
    ],
    facts: { timers: { perTryMs: 500 } },
    otherFacts: { timers: { perTryMs: 1000 } },
  },
  {
    row: 7,
    name: 'gateway to backend, after the timeout of the request',
    allowed: ({ backend }) => backend.at(3000).reset('client', 7, 2),
    forbidden: [
      ({ backend }) => backend.at(2000).reset('client', 7, 8),
      ({ client }) => client.at(3000).reset('server', 1, 8),
    ],
    facts: { timers: { requestMs: 3000 } },
    otherFacts: {},
  },
];

describe.each(EXAMPLES)('row $row: $name', ({ row, allowed, forbidden, facts = {}, otherFacts }) => {
  const resetsOf = (write: (legs: Legs) => void, given: RpcFacts): unknown[] =>
    ruleResets(rpc(write), given).map(({ allowedBy }) => allowedBy);

  test('is harmless', () => {
    expect(resetsOf(allowed, facts)).toContain(RESET_TABLE[row]);
    expect(resetsOf(allowed, facts)).not.toContain(undefined);
  });

  test('in another state, with another code or from another sender it is a finding', () => {
    for (const each of forbidden) {
      expect(resetsOf(each, facts)).toContain(undefined);
      expect(judgeFrames(rpc(each), facts)).toContainEqual(
        expect.objectContaining({ what: expect.stringMatching(/^RST_STREAM on the/) as string }),
      );
    }
    if (otherFacts !== undefined) expect(resetsOf(allowed, otherFacts)).toContain(undefined);
  });
});

test('every row has an example', () => {
  expect(new Set(EXAMPLES.map(({ row }) => row))).toEqual(new Set(RESET_TABLE.keys()));
});

test('what the case has ordered is no finding, and says so', () => {
  const timeline = rpc(({ backend }) => backend.at(9).reset('server', 7, 7));
  const ordered = [{ kind: 'RST_STREAM', leg: 'backend', by: 'backend', code: 7 }] as const;
  expect(ruleResets(timeline, { ordered })).toMatchObject([
    { allowedBy: 'ordered', offsetMs: 9, by: 'backend' },
  ]);
  expect(judgeFrames(timeline, { ordered })).toEqual([]);
  expect(judgeFrames(timeline, { ordered: [{ ...ordered[0], code: 2 }] })).toEqual([
    {
      what: 'RST_STREAM on the backend leg',
      expected: 'none outside the rule',
      got: 'REFUSED_STREAM (7) from the backend at 9.0 ms',
      source: 'the table of harmless RST_STREAM frames',
    },
  ]);
});

test('an RPC that ends as it should has no findings', () => {
  const whole = rpc(({ client, backend }) => {
    client.data('client', 1, 5, true);
    backend.data('client', 7, 5, true).at(2).reply(7).trailers(7);
    client.at(3).reply(1).trailers(1).at(4).recorder.ended('client', 'FIN');
  });
  expect(judgeFrames(whole)).toEqual([]);
});

test.each<[string, (legs: Legs) => void, RegExp]>([
  [
    'GOAWAY with an error',
    ({ client }) =>
      client.at(5).frame('server', 7, 0, 0, Buffer.from('0000000100000002', 'hex')).at(6).trailers(1),
    /GOAWAY INTERNAL_ERROR \(2\), last stream 1, from the gateway at 5.0 ms/,
  ],
  [
    'a connection cut under the stream',
    ({ client }) => client.at(5).recorder.ended('server', 'RST'),
    /RST: connection reset, from the gateway at 5.0 ms/,
  ],
  [
    'a frame that HTTP/2 forbids',
    ({ client }) => client.at(5).frame('server', 8, 0, 1, Buffer.alloc(4)).trailers(1),
    /WINDOW_UPDATE by 0/,
  ],
])('%s is a finding', (_, write, got) => {
  expect(judgeFrames(rpc(write))).toContainEqual(
    expect.objectContaining({ got: expect.stringMatching(got) as string }),
  );
});
