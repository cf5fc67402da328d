import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameGate } from '../../../src/frames/tap/frame-gate.ts';
import { CONNECTION_PREFACE } from '../../../src/frames/wire/protocol.ts';
import { encodeRstStream } from '../../../src/frames/wire/encode.ts';
import { anyCuts, anyFrame, chunked } from '../wire/arbitrary-frames.ts';

test('passes all bytes on, whatever they are, when nothing is asked of it', () => {
  fc.assert(
    fc.property(fc.uint8Array(), anyCuts, (bytes, cuts) => {
      const gate = new FrameGate('client');
      const out = chunked(Buffer.from(bytes), cuts).flatMap((chunk) => gate.pass(chunk));
      expect(Buffer.concat(out)).toEqual(Buffer.from(bytes));
    }),
  );
});

test('leaves out whole frames, the picked ones and no others', () => {
  fc.assert(
    fc.property(fc.array(anyFrame), anyCuts, (frames, cuts) => {
      const gate = new FrameGate('client');
      gate.drop = ({ type }) => type === 0;
      const bytes = Buffer.concat([CONNECTION_PREFACE, ...frames.map((frame) => frame.bytes)]);
      const out = chunked(bytes, cuts).flatMap((chunk) => gate.pass(chunk));
      const kept = frames.filter(({ header }) => header.type !== 0).map((frame) => frame.bytes);
      expect(Buffer.concat(out)).toEqual(Buffer.concat([CONNECTION_PREFACE, ...kept]));
    }),
  );
});

test('puts frames in at the next boundary, whenever it is asked and whenever frames are left out', () => {
  const put = encodeRstStream(3, 7);
  fc.assert(
    fc.property(fc.array(anyFrame), anyCuts, fc.nat(20), fc.nat(20), (frames, cuts, askedAt, dropAt) => {
      const gate = new FrameGate('server');
      const chunks = chunked(Buffer.concat(frames.map((frame) => frame.bytes)), cuts);
      const out: Buffer[] = [];
      chunks.forEach((chunk, i) => {
        if (i === dropAt) gate.drop = () => false;
        if (i === dropAt + 2) gate.drop = undefined;
        if (i === askedAt) out.push(...gate.putIn(put));
        out.push(...gate.pass(chunk));
      });
      const whole = Buffer.concat(out).toString('hex');
      const expected = frames.map((frame) => frame.bytes.toString('hex'));
      const possible = expected.map((_, i) => expected.toSpliced(i, 0, put.toString('hex')).join(''));
      const asked = askedAt < chunks.length;
      expect(
        asked ? [...possible, [...expected, put.toString('hex')].join('')] : [expected.join('')],
      ).toContain(whole);
    }),
  );
});
