import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HpackDecoder } from '../../../src/frames/hpack/decoder.ts';
import type { Field } from '../../../src/frames/hpack/static-table.ts';
import { Encoder, type Way } from './encoder.ts';

const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const field = fc.oneof(
  fc.constantFrom<Field[]>([':method', 'POST'], [':path', '/'], ['te', 'trailers'], ['grpc-status', '0']),
  fc.tuple(fc.constantFrom('a', 'x-long', 'content-type'), octets),
  fc.tuple(octets, octets),
);
const way = fc.record<Way>({
  as: fc.constantFrom('indexed', 'indexing', 'without', 'never'),
  huffman: fc.boolean(),
  nameByIndex: fc.boolean(),
});
const block = fc.record({
  resizes: fc.array(fc.integer({ min: 0, max: 4096 }), { maxLength: 2 }),
  fields: fc.array(fc.tuple(field, way), { maxLength: 12 }),
});

test('whatever an encoder chooses, the fields come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
      const encoder = new Encoder();
      const decoder = new HpackDecoder();
      for (const { resizes, fields } of blocks) {
        const bytes = Buffer.concat([
          ...resizes.map((size) => encoder.resize(size)),
          ...fields.map(([each, how]) => encoder.field(each, how)),
        ]);
        const decoded = decoder.decode(bytes);
        expect(decoded.fault).toBeUndefined();
        expect(decoded.fields).toEqual(fields.map(([each]) => each));
      }
    }),
  );
});

test('of any bytes it makes something or a fault, and its table keeps its bound', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (blocks) => {
      const decoder = new HpackDecoder();
      for (const bytes of blocks) {
        decoder.decode(Buffer.from(bytes));
        expect(decoder.tableBytes).toBeLessThanOrEqual(4096);
      }
    }),
  );
});
