import { describe, expect, test } from 'vitest';
import { renderTimeline } from '../../../src/frames/timeline/render.ts';
import { rpcTimeline } from '../../../src/frames/timeline/rpc-timeline.ts';
import { encodeFrame } from '../../../src/frames/wire/encode.ts';
import { TYPE } from '../../../src/frames/wire/protocol.ts';
import { ScriptedConnection, settings } from '../connection.ts';

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
