import { describe, expect, test } from 'vitest';
import { renderTimeline } from '../../../src/frames/timeline/render.ts';
import { rpcTimeline } from '../../../src/frames/timeline/rpc-timeline.ts';
import { encodeFrame } from '../../../src/frames/wire/encode.ts';
import { FLAG, TYPE } from '../../../src/frames/wire/protocol.ts';
import { allTold, ScriptedConnection, settings, told } from '../connection.ts';
import { Encoder, literals } from '../hpack/encoder.ts';

describe('one connection', () => {
  test('every type of frame is told', () => {
    const connection = new ScriptedConnection()
      .open()
      .frame(
        'client',
        TYPE.HEADERS,
        FLAG.END_HEADERS | FLAG.PADDED | FLAG.PRIORITY,
        1,
        Buffer.concat([
          Buffer.from([3, 0, 0, 0, 0, 15]),
          literals([
            [':method', 'POST'],
            [':path', '/a.B/C'],
          ]),
          Buffer.alloc(3),
        ]),
      )
      .frame('client', TYPE.DATA, FLAG.PADDED, 1, Buffer.from([4, 1, 2, 0, 0, 0, 0]))
      .frame('client', TYPE.PRIORITY, 0, 1, Buffer.from([0, 0, 0, 5, 15]))
      .frame('server', TYPE.SETTINGS, 0, 0, Buffer.from('000300000064000400010000', 'hex'))
      .frame('client', TYPE.SETTINGS, FLAG.ACK, 0)
      .frame('server', TYPE.PING, 0, 0, Buffer.alloc(8))
      .frame('client', TYPE.PING, FLAG.ACK, 0, Buffer.alloc(8))
      .frame('server', TYPE.WINDOW_UPDATE, 0, 1, Buffer.from('00010000', 'hex'))
      .frame(
        'server',
        TYPE.PUSH_PROMISE,
        FLAG.END_HEADERS,
        1,
        Buffer.concat([Buffer.from([0, 0, 0, 2]), literals([])]),
      )
      .frame('server', 0x4d, 0, 1, Buffer.alloc(3))
      .headers(
        'server',
        1,
        [
          [':status', '200'],
          ['grpc-status', '5'],
          ['grpc-message', 'no such user'],
        ],
        true,
      )
      .reset('client', 1, 8)
      .frame(
        'server',
        TYPE.GOAWAY,
        0,
        0,
        Buffer.concat([Buffer.from('000000010000000b', 'hex'), Buffer.from('calm')]),
      );
    connection.recorder.ended('server', 'FIN');
    expect(allTold(connection.timeline())).toEqual([
      'client 0 SETTINGS',
      'server 0 SETTINGS',
      'server 0 SETTINGS MAX_CONCURRENT_STREAMS=100 INITIAL_WINDOW_SIZE=65536',
      'client 0 SETTINGS ACK',
      'server 0 PING',
      'client 0 PING ACK',
      'server 0 GOAWAY ENHANCE_YOUR_CALM (11), last stream 1 "calm"',
      'server 0 FIN: sends no more',
      'client 1 HEADERS POST /a.B/C',
      'client 1 DATA 2 bytes, 4 of padding',
      'client 1 PRIORITY after 5, weight 16',
      'server 1 WINDOW_UPDATE +65536',
      'server 1 PUSH_PROMISE of stream 2',
      'server 1 frame of unknown type 0x4d, 3 bytes',
      'server 1 HEADERS :status 200 grpc-status 5 "no such user" END_STREAM',
      'client 1 RST_STREAM CANCEL (8)',
    ]);
  });

  test('a header block goes on in CONTINUATION, in as many pieces as there are', () => {
    const block = literals([
      [':method', 'POST'],
      [':path', '/a.B/C'],
      ['x', 'y'.repeat(40_000)],
    ]);
    const connection = new ScriptedConnection()
      .open()
      .frame('client', TYPE.HEADERS, FLAG.END_STREAM, 1, block.subarray(0, 3));
    for (let at = 3; at < block.length; at += 9000) {
      const last = at + 9000 >= block.length;
      connection.frame(
        'client',
        TYPE.CONTINUATION,
        last ? FLAG.END_HEADERS : 0,
        1,
        block.subarray(at, at + 9000),
      );
    }
    expect(told(connection.timeline().streams[0]!.events)).toEqual([
      'client 1 HEADERS POST /a.B/C END_STREAM',
    ]);
  });

  test.each<[string, (connection: ScriptedConnection) => ScriptedConnection, string]>([
    [
      'CONTINUATION alone',
      (c) => c.frame('client', TYPE.CONTINUATION, 4, 1),
      'CONTINUATION with nothing to continue: PROTOCOL_ERROR',
    ],
    [
      'a block that is interrupted',
      (c) => c.frame('client', TYPE.HEADERS, 0, 1).data('client', 1, 1),
      'a frame between the header blocks of stream 1: PROTOCOL_ERROR',
    ],
    [
      'padding beyond the frame',
      (c) => c.frame('client', TYPE.DATA, FLAG.PADDED, 1, Buffer.from([9, 0])),
      'DATA with 9 bytes of padding in 2 bytes: PROTOCOL_ERROR',
    ],
    [
      'RST_STREAM of the wrong size',
      (c) => c.frame('client', TYPE.RST_STREAM, 0, 1, Buffer.alloc(3)),
      'RST_STREAM of 3 bytes: FRAME_SIZE_ERROR',
    ],
    ['SETTINGS on a stream', (c) => c.frame('client', TYPE.SETTINGS, 0, 3), 'SETTINGS on stream 3'],
    ['DATA on the connection', (c) => c.frame('client', TYPE.DATA, 0, 0), 'DATA on stream 0'],
    [
      'a header block that cannot be read',
      (c) => c.frame('client', TYPE.HEADERS, 4, 1, Buffer.from([0xbe])),
      'index 62, which is not in the table, at byte 1 of 1: COMPRESSION_ERROR',
    ],
  ])('%s is a fault, with its place', (_, write, fault) => {
    const faults = allTold(write(new ScriptedConnection().open()).timeline()).filter((text) =>
      text.includes('FAULT'),
    );
    expect(faults).toEqual([expect.stringContaining(`FAULT ${fault}, at byte `)]);
  });

  test('a first frame that is not SETTINGS is a fault', () => {
    const connection = new ScriptedConnection();
    connection.recorder.bytes('server', encodeFrame(TYPE.GOAWAY, 0, 0, Buffer.alloc(8)));
    expect(allTold(connection.timeline())).toContain(
      'server 0 FAULT the first frame is not SETTINGS: PROTOCOL_ERROR, at byte 0',
    );
  });

  test('the header table lives on while the connection is read piece by piece', () => {
    const encoder = new Encoder();
    const way = { as: 'indexed', huffman: true, nameByIndex: true } as const;
    const connection = new ScriptedConnection().open();
    for (const stream of [1, 3, 5]) {
      const block = Buffer.concat([
        encoder.field([':method', 'POST'], way),
        encoder.field([':path', '/long/path'], way),
      ]);
      connection.frame('client', TYPE.HEADERS, 5, stream, block);
      connection.trailers(stream);
      expect(told(connection.timeline().streams.at(-1)!.events)[0]).toBe(
        `client ${stream} HEADERS POST /long/path END_STREAM`,
      );
      connection.forgetClosed();
    }
    expect(connection.timeline().streams).toEqual([]);
  });

  test('frames larger than the default are read once the receiver has allowed them', () => {
    const connection = new ScriptedConnection().open();
    connection
      .frame('client', TYPE.SETTINGS, 0, 0, Buffer.from('000500010000', 'hex'))
      .data('server', 1, 60_000, true);
    expect(told(connection.timeline().streams[0]!.events)).toEqual(['server 1 DATA 60000 bytes END_STREAM']);
  });
});

describe('one RPC on both legs', () => {
  /** A try that is refused, another that answers. */
  function retried(backendClockMs = 0): ReturnType<ScriptedConnection['timeline']>[] {
    const client = new ScriptedConnection('client').open().at(0).request(1).data('client', 1, 5, true);
    const backend = new ScriptedConnection('backend', 4)
      .open()
      .at(2 + backendClockMs)
      .request(7, 'rpc-1', true)
      .request(9, 'rpc-2', true);
    backend.at(3 + backendClockMs).reset('server', 7, 7);
    backend
      .at(30 + backendClockMs)
      .request(11, 'rpc-1', true)
      .reply(11)
      .data('server', 11, 7)
      .trailers(11);
    client.at(40).reply(1).data('server', 1, 7).trailers(1);
    return [client.timeline(), backend.timeline()];
  }

  test('its attempts are found by its id, and stand on one axis', () => {
    const timeline = rpcTimeline('rpc-1', retried());
    expect(timeline.streams.map(({ leg, streamId }) => `${leg} ${streamId}`)).toEqual([
      'client 1',
      'backend 7',
      'backend 11',
    ]);
    expect(renderTimeline(timeline, 50)).toBe(
      [
        'RPC rpc-1, ms from 1970-01-01T00:16:40.000Z',
        '            client                                     gateway | gateway                                    backend',
        '     0.000  -> conn 1 SETTINGS                                 |',
        '     0.000  <- conn 1 SETTINGS                                 |',
        '     0.000  -> 1/1 HEADERS POST /mypackage.Greeter/SayHello    |',
        '     0.000  -> 1/1 DATA 5 bytes END_STREAM                     |',
        '     0.000                                                     | -> conn 4 SETTINGS',
        '     0.000                                                     | <- conn 4 SETTINGS',
        '     2.000                                                     | -> 4/7 HEADERS POST /mypackage.Greeter/SayHello',
        '                                                               |      END_STREAM',
        '     3.000                                                     | <- 4/7 RST_STREAM REFUSED_STREAM (7)',
        '    30.000                                                     | -> 4/11 HEADERS POST /mypackage.Greeter/SayHello',
        '                                                               |      END_STREAM',
        '    30.000                                                     | <- 4/11 HEADERS :status 200',
        '    30.000                                                     | <- 4/11 DATA 7 bytes',
        '    30.000                                                     | <- 4/11 HEADERS grpc-status 0 END_STREAM',
        '    40.000  <- 1/1 HEADERS :status 200                         |',
        '    40.000  <- 1/1 DATA 7 bytes                                |',
        '    40.000  <- 1/1 HEADERS grpc-status 0 END_STREAM            |',
        '',
      ].join('\n'),
    );
  });

  test.each([-5000, 5000])(
    'a backend whose clock is off by %i ms is shifted, and the text says so',
    (offMs) => {
      const timeline = rpcTimeline('rpc-1', retried(offMs));
      const offsets = timeline.rows
        .filter(({ event }) => event.streamId === 11)
        .map(({ offsetMs }) => offsetMs);
      expect(offsets[0]).toBeGreaterThan(0);
      expect(offsets[0]).toBeLessThan(41);
      expect(renderTimeline(timeline)).toMatch(/the clocks of the two legs differ by/);
    },
  );

  test('HTTP/1.1 on the backend leg stands beside the RPC that it belongs to, and bytes that name none too', () => {
    const client = new ScriptedConnection('client').open().at(0).request(1, 'rpc-1', true);
    const http1 = new ScriptedConnection('backend', 1).at(2);
    http1.recorder.bytes(
      'client',
      Buffer.from('POST /mypackage.Greeter/SayHello HTTP/1.1\r\nhost: a\r\nx-meshproof-rpc: rpc-1\r\n\r\n'),
    );
    http1.recorder.bytes(
      'server',
      Buffer.concat([settings(), encodeFrame(TYPE.GOAWAY, 0, 0, Buffer.from('0000000000000001', 'hex'))]),
    );
    http1.at(3).recorder.ended('server', 'FIN');
    const tls = new ScriptedConnection('backend', 2).at(4);
    tls.recorder.bytes('client', Buffer.from('160301020001000001fc0303', 'hex'));
    client.at(9).headers(
      'server',
      1,
      [
        [':status', '200'],
        ['grpc-status', '14'],
        ['grpc-message', 'protocol error'],
      ],
      true,
    );
    const text = renderTimeline(
      rpcTimeline(
        'rpc-1',
        [client, http1, tls].map((each) => each.timeline()),
      ),
      60,
    );
    expect(text).toMatch(/2\.000 .* \| -> conn 1 not HTTP\/2: an HTTP\/1\.1 request/);
    expect(text).toMatch(/2\.000 .* \| <- conn 1 GOAWAY PROTOCOL_ERROR \(1\), last stream 0/);
    expect(text).toMatch(/4\.000 .* \| -> conn 2 not HTTP\/2: a TLS ClientHello/);
    expect(text).toMatch(/9\.000 {2}<- 1\/1 HEADERS :status 200 grpc-status 14 "protocol error"/);
  });

  test('an RPC that no leg has seen, and one that only the client leg has', () => {
    const client = new ScriptedConnection('client').open().at(0).request(1);
    expect(renderTimeline(rpcTimeline('other', [client.timeline()], 0))).toContain(
      'No frame of it was seen on either leg.',
    );
    expect(renderTimeline(rpcTimeline('rpc-1', [client.timeline()]))).toContain(
      'No frame of it was seen between gateway and backend.',
    );
  });

  test('offsets count from the start of the RPC as its client reports it', () => {
    const client = new ScriptedConnection('client').open().at(25).request(1);
    expect(rpcTimeline('rpc-1', [client.timeline()], 1_000_000).rows.at(-1)?.offsetMs).toBe(25);
  });
});
