import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Base64Decoder,
  FrameDecoder,
  FramingError,
  encodeMessage,
  type Frame,
} from '../../src/clients/grpc-web-framing.ts';

const trailersFrame = (block: string): Buffer => {
  const frame = encodeMessage(Buffer.from(block, 'latin1'));
  frame[0] = 0x80;
  return frame;
};

/** Cuts at the given places, which need be neither sorted nor inside. */
function cut(whole: Buffer, places: readonly number[]): Buffer[] {
  const at = [
    0,
    ...places.map((place) => place % (whole.length + 1)).toSorted((a, b) => a - b),
    whole.length,
  ];
  return at.slice(1).map((end, i) => whole.subarray(at[i], end));
}

function decode(chunks: readonly Uint8Array[]): Frame[] {
  const decoder = new FrameDecoder();
  const frames = chunks.flatMap((chunk) => decoder.push(chunk));
  decoder.end();
  return frames;
}

const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
const places = fc.array(fc.nat(5000), { maxLength: 20 });

describe('frames', () => {
  test('any chunking gives the same messages and trailers', () => {
    fc.assert(
      fc.property(messages, places, (sent, where) => {
        const whole = Buffer.concat([
          ...sent.map(encodeMessage),
          trailersFrame('grpc-status:0\r\ngrpc-message:\r\n'),
        ]);
        const frames = decode(cut(whole, where));
        expect(frames.map((frame) => (frame.kind === 'message' ? [...frame.data] : frame.trailers))).toEqual([
          ...sent.map((each) => [...each]),
          expect.objectContaining({ 'grpc-status': ['0'], 'grpc-message': [''] }),
        ]);
      }),
    );
  });

  test('a body that is cut anywhere inside a frame is an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(), (message, where) => {
        const whole = encodeMessage(message);
        const short = whole.subarray(0, 1 + (where % (whole.length - 1)));
        expect(() => decode([short])).toThrow(FramingError);
      }),
    );
  });

  test('trailers: keys in lower case, blanks around values, repeated keys, a colon in a value', () => {
    const [frame] = decode([trailersFrame('Grpc-Status: 5\r\nx-a:1\r\nx-a: 2 \r\nx-b:c:d\r\n')]);
    expect(frame).toEqual({
      kind: 'trailers',
      trailers: expect.objectContaining({
        'grpc-status': ['5'],
        'x-a': ['1', '2'],
        'x-b': ['c:d'],
      }) as unknown,
    });
  });

  test.each([
    [
      'bytes behind the trailers',
      [trailersFrame('grpc-status:0\r\n'), encodeMessage(Buffer.of(1))],
      'goes on after',
    ],
    ['a compressed frame', [Buffer.of(1, 0, 0, 0, 0)], 'compressed'],
    ['unknown flags', [Buffer.of(0x40, 0, 0, 0, 0)], 'unknown flags 0x40'],
    ['a line without a colon', [trailersFrame('nonsense\r\n')], 'without a colon'],
  ])('%s is an error that says so', (_what, chunks, said) => {
    expect(() => decode(chunks)).toThrow(said);
  });
});

describe('text mode', () => {
  test('pieces encoded one by one, cut anywhere, are the same bytes', () => {
    fc.assert(
      fc.property(messages, places, (pieces, where) => {
        const text = Buffer.from(pieces.map((piece) => Buffer.from(piece).toString('base64')).join(''));
        const decoder = new Base64Decoder();
        const decoded = cut(text, where).map((chunk) => decoder.push(chunk.toString('latin1')));
        decoder.end();
        expect(Buffer.concat(decoded)).toEqual(Buffer.concat(pieces));
      }),
    );
  });

  test('a megabyte in one piece does not exhaust the stack', () => {
    const bytes = Buffer.alloc(1 << 20, 7);
    expect(new Base64Decoder().push(bytes.toString('base64'))).toEqual(bytes);
  });

  test('what is no base64 is an error', () => {
    expect(() => new Base64Decoder().push('ab!d')).toThrow(FramingError);
    expect(() => new Base64Decoder().push('a===')).toThrow(FramingError);
  });

  test('a text that ends inside a group is an error', () => {
    const decoder = new Base64Decoder();
    decoder.push('AAAAAB');
    expect(() => decoder.end()).toThrow('inside a base64 group');
  });
});
