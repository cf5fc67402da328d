import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameCutter, type CutFrame } from '../../../src/frames/wire/frame-cutter.ts';
import { looksLike } from '../../../src/frames/wire/looks-like.ts';
import { CONNECTION_PREFACE, type Sender } from '../../../src/frames/wire/protocol.ts';
import { settings } from '../connection.ts';
import { anyCuts, anyFrame, chunked } from './arbitrary-frames.ts';

interface Seen {
  readonly frames: CutFrame[];
  readonly stray: { offset: number; reason: string; bytes: Buffer }[];
}

function cut(from: Sender, chunks: readonly Buffer[], keep = Infinity): Seen {
  const seen: Seen = { frames: [], stray: [] };
  const cutter = new FrameCutter(from, {
    keep: () => keep,
    frame: (frame) => seen.frames.push(frame),
    notHttp2: (offset, reason) => seen.stray.push({ offset, reason, bytes: Buffer.alloc(0) }),
    stray: (bytes) => {
      const last = seen.stray.at(-1)!;
      last.bytes = Buffer.concat([last.bytes, bytes]);
    },
  });
  for (const chunk of chunks) cutter.push(chunk);
  cutter.end();
  return seen;
}

describe('frames', () => {
  test('come out as they went in, however the bytes are chunked', () => {
    fc.assert(
      fc.property(fc.array(anyFrame), anyCuts, (frames, cuts) => {
        const bytes = Buffer.concat([CONNECTION_PREFACE, ...frames.map((frame) => frame.bytes)]);
        const { frames: got, stray } = cut('client', chunked(bytes, cuts));
        expect(stray).toEqual([]);
        expect(got.map(({ header, payload }) => ({ header, payload }))).toEqual(
          frames.map(({ header, payload }) => ({ header, payload })),
        );
      }),
    );
  });

  test('carry their offsets, and only as much payload as was asked for', () => {
    const bytes = Buffer.concat([
      settings(),
      Buffer.from('00000500 01 00000001 6162636465'.replaceAll(' ', ''), 'hex'),
    ]);
    const { frames } = cut('server', [bytes], 2);
    expect(frames.map(({ offset, arrived, payload }) => [offset, arrived, payload.toString()])).toEqual([
      [0, 0, ''],
      [9, 5, 'ab'],
    ]);
  });

  test('that the end of the connection cuts short say so', () => {
    const bytes = Buffer.concat([settings(), Buffer.from('000005000100000001616263', 'hex')]);
    expect(cut('server', [bytes]).frames.at(-1)).toMatchObject({ arrived: 3, header: { length: 5 } });
  });

  test('end where one is larger than the receiver allows', () => {
    const { stray } = cut('server', [settings(), Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]);
    expect(stray).toMatchObject([
      { offset: 9, reason: expect.stringContaining('where 16384 are allowed') as string },
    ]);
    expect(looksLike(stray[0]!.bytes)).toBe('an HTTP/1.1 reply ("HTTP/1.1 400 Bad Request")');
  });
});

describe('bytes that are not HTTP/2', () => {
  const clientHello = Buffer.from('160301020001000001fc0303', 'hex');
  const alert = Buffer.from('15030300020246', 'hex');
  test.each<[string, Sender, Buffer, string]>([
    [
      'an HTTP/1.1 request',
      'client',
      Buffer.from('POST /a.B/C HTTP/1.1\r\nhost: x\r\n\r\n'),
      'an HTTP/1.1 request ("POST /a.B/C HTTP/1.1")',
    ],
    [
      'one that begins as the preface does',
      'client',
      Buffer.from('PRI /x HTTP/1.1\r\n'),
      'an HTTP/1.1 request ("PRI /x HTTP/1.1")',
    ],
    ['a TLS client', 'client', clientHello, 'a TLS ClientHello'],
    ['a TLS server that refuses', 'server', alert, 'a TLS alert record (protocol_version)'],
    [
      'an HTTP/1.1 reply',
      'server',
      Buffer.from('HTTP/1.0 403 Forbidden\r\n'),
      'an HTTP/1.1 reply ("HTTP/1.0 403 Forbidden")',
    ],
    [
      'another text protocol',
      'server',
      Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
      'text ("SSH-2.0-OpenSSH_9.2\\r\\n")',
    ],
    ['anything else', 'server', Buffer.from([255, 254, 0, 1]), 'binary data (ff fe 00 01)'],
  ])('%s', (_, from, bytes, description) => {
    for (const chunks of [[bytes], chunked(bytes, [0.1, 0.2, 0.3, 0.5, 0.8])]) {
      const { frames, stray } = cut(from, chunks);
      expect(frames).toEqual([]);
      expect(stray).toHaveLength(1);
      expect(stray[0]!.offset).toBe(0);
      expect(stray[0]!.bytes).toEqual(bytes);
      expect(looksLike(stray[0]!.bytes)).toBe(description);
    }
  });

  test('half a frame header at the end is not lost', () => {
    expect(cut('server', [settings(), Buffer.from('abc')]).stray).toMatchObject([
      { offset: 9, bytes: Buffer.from('abc') },
    ]);
  });
});
