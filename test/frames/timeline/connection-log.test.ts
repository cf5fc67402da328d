import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/frames/tap/recorder.ts';
import { encodeFrame } from '../../../src/frames/wire/encode.ts';
import { FLAG, TYPE } from '../../../src/frames/wire/protocol.ts';
import { allTold, ScriptedConnection, told } from '../connection.ts';
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

  test('what did not fit is counted, and what depended on it is marked', () => {
    const limits = { ...DEFAULT_LIMITS, bytesPerConnection: 2000 };
    const connection = new ScriptedConnection('client', 1, limits).open();
    for (const stream of [1, 3, 5, 7, 9, 11]) connection.request(stream).trailers(stream);
    const full = connection.timeline();
    expect(full.incomplete).toBe(true);
    expect(allTold(full).at(-1)).toBe('server 11 (1 frames of 15 bytes in all, counted only)');
    connection.request(13);
    expect(told(connection.timeline().streams.at(-1)!.events)).toEqual([
      'client 13 HEADERS POST /mypackage.Greeter/SayHello (an earlier header block was lost)',
    ]);
  });

  test('frames larger than the default are read once the receiver has allowed them', () => {
    const connection = new ScriptedConnection().open();
    connection
      .frame('client', TYPE.SETTINGS, 0, 0, Buffer.from('000500010000', 'hex'))
      .data('server', 1, 60_000, true);
    expect(told(connection.timeline().streams[0]!.events)).toEqual(['server 1 DATA 60000 bytes END_STREAM']);
  });
});
