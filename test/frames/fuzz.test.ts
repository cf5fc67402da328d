import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readClientHello } from '../../src/frames/tap/client-hello.ts';
import { DEFAULT_LIMITS } from '../../src/frames/tap/recorder.ts';
import { rpcTimeline } from '../../src/frames/timeline/rpc-timeline.ts';
import { renderTimeline } from '../../src/frames/timeline/render.ts';
import { judgeFrames } from '../../src/frames/resets/judge.ts';
import { encodeFrame } from '../../src/frames/wire/encode.ts';
import { CONNECTION_PREFACE, TYPE } from '../../src/frames/wire/protocol.ts';
import { ScriptedConnection, told } from './connection.ts';
import { anyCuts, anyFrame, chunked } from './wire/arbitrary-frames.ts';

/** Some hundred runs in the unit tests; MESHPROOF_FUZZ_SECONDS=600 goes on for ten minutes. */
const seconds = Number(process.env.MESHPROOF_FUZZ_SECONDS ?? 0);
const budget =
  seconds > 0
    ? { numRuns: Infinity, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false }
    : { numRuns: 300 };

/** Frames as they should be, frames with octets changed, and anything. */
const hostile = fc
  .tuple(
    fc.array(anyFrame, { maxLength: 30 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
    fc.uint8Array(),
  )
  .map(([frames, changes, rest]) => {
    const bytes = Buffer.concat([...frames.map((frame) => frame.bytes), Buffer.from(rest)]);
    for (const [at, octet] of changes) if (bytes.length > 0) bytes[at % bytes.length] = octet;
    return bytes;
  });

test(
  'nothing that peers send makes the tap throw or keep more than it may',
  () => {
    const limits = { ...DEFAULT_LIMITS, bytesPerConnection: 20_000, strayBytes: 500, dataBytesPerStream: 64 };
    fc.assert(
      fc.property(
        hostile,
        hostile,
        anyCuts,
        fc.boolean(),
        fc.boolean(),
        (client, server, cuts, open, named) => {
          const connection = new ScriptedConnection('client', 1, limits);
          if (open) connection.open();
          if (open && named) connection.request(1);
          const answers = chunked(server, cuts);
          chunked(Buffer.concat([open ? Buffer.alloc(0) : CONNECTION_PREFACE, client]), cuts).forEach(
            (chunk, i) => {
              connection.recorder.bytes('client', chunk);
              const answer = answers[i];
              if (answer !== undefined) connection.recorder.bytes('server', answer);
              expect(connection.recorder.heldBytes).toBeLessThanOrEqual(limits.bytesPerConnection);
              if (i % 3 === 0) connection.timeline();
            },
          );
          connection.recorder.ended('client', 'FIN');
          connection.recorder.ended('server', 'RST');
          const timeline = connection.timeline();
          for (const event of timeline.events) {
            if (event.kind === 'NOT_HTTP2') expect(event.text.length).toBeLessThanOrEqual(limits.strayBytes);
          }
          const rpc = rpcTimeline('rpc-1', [timeline]);
          expect(renderTimeline(rpc)).toMatch(/^[\x20-\x7e\n]*$/);
          judgeFrames(rpc);
        },
      ),
      budget,
    );
  },
  seconds * 1000 + 30_000,
);

test('a ClientHello of any bytes is read, refused, or waited for', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (rest) => {
      const hello = Buffer.concat([
        Buffer.from([22, 3, 1, 0, rest.length, 1, 0, 0, Math.max(0, rest.length - 4)]),
        rest,
      ]);
      readClientHello(hello);
      readClientHello(Buffer.from(rest));
    }),
  );
});

test('what a peer sends without end is counted, not kept', () => {
  const connection = new ScriptedConnection().open().request(1);
  const frame = encodeFrame(TYPE.DATA, 0, 1, Buffer.alloc(16_384));
  for (let i = 0; i < 20_000; i++) connection.recorder.bytes('client', frame);
  expect(connection.recorder.heldBytes).toBeLessThanOrEqual(DEFAULT_LIMITS.bytesPerConnection);
  connection.at(5).reset('server', 1, 2);
  const { streams, incomplete } = connection.timeline();
  expect(incomplete).toBe(false);
  expect(told(streams[0]!.events).at(-1)).toBe('server 1 RST_STREAM INTERNAL_ERROR (2)');
  const data = streams[0]!.events.reduce(
    (sum, event) => sum + (event.kind === 'DATA' ? event.bytes : event.kind === 'OMITTED' ? event.bytes : 0),
    0,
  );
  expect(data).toBe(20_000 * 16384);
});
