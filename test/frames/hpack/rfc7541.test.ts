import { describe, expect, test } from 'vitest';
import { BlockReader } from '../../../src/frames/hpack/block-reader.ts';
import { HpackDecoder } from '../../../src/frames/hpack/decoder.ts';
import { CODE_BITS } from '../../../src/frames/hpack/huffman.ts';

/** RFC 7541, appendix C: every example. A table is listed newest first, as there. */

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
/** `name: value` lines. */
const lines = (fields: readonly (readonly [string, string])[]): string[] =>
  fields.map(([name, value]) => `${name}: ${value}`);

describe('C.1 integers', () => {
  test.each([
    ['C.1.1', 'ca', 5, 10],
    ['C.1.2', 'ff 9a 0a', 5, 1337],
    ['C.1.3', '2a', 8, 42],
  ])('%s', (_, hex, prefixBits, value) => {
    const reader = new BlockReader(bytes(hex));
    expect(reader.integer(prefixBits)).toBe(value);
    expect(reader.done).toBe(true);
  });
});

describe('C.2 header field representations', () => {
  test.each([
    [
      'C.2.1 literal with indexing',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      'custom-key: custom-header',
      55,
    ],
    ['C.2.2 literal without indexing', '040c 2f73 616d 706c 652f 7061 7468', ':path: /sample/path', 0],
    ['C.2.3 literal never indexed', '1008 7061 7373 776f 7264 0673 6563 7265 74', 'password: secret', 0],
    ['C.2.4 indexed', '82', ':method: GET', 0],
  ])('%s', (_, hex, field, tableBytes) => {
    const decoder = new HpackDecoder();
    expect(lines(decoder.decode(bytes(hex)).fields)).toEqual([field]);
    expect(decoder.tableBytes).toBe(tableBytes);
  });
});

interface Step {
  readonly hex: string;
  readonly fields: readonly string[];
  readonly table: readonly string[];
  readonly tableBytes: number;
}

const AUTHORITY = ':authority: www.example.com';
const REQUESTS: readonly Omit<Step, 'hex'>[] = [
  {
    fields: [':method: GET', ':scheme: http', ':path: /', AUTHORITY],
    table: [AUTHORITY],
    tableBytes: 57,
  },
  {
    fields: [':method: GET', ':scheme: http', ':path: /', AUTHORITY, 'cache-control: no-cache'],
    table: ['cache-control: no-cache', AUTHORITY],
    tableBytes: 110,
  },
  {
    fields: [':method: GET', ':scheme: https', ':path: /index.html', AUTHORITY, 'custom-key: custom-value'],
    table: ['custom-key: custom-value', 'cache-control: no-cache', AUTHORITY],
    tableBytes: 164,
  },
];

const DATE = 'date: Mon, 21 Oct 2013 20:13:21 GMT';
const LATER = 'date: Mon, 21 Oct 2013 20:13:22 GMT';
const LOCATION = 'location: https://www.example.com';
const COOKIE = 'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const RESPONSES: readonly Omit<Step, 'hex'>[] = [
  {
    fields: [':status: 302', 'cache-control: private', DATE, LOCATION],
    table: [LOCATION, DATE, 'cache-control: private', ':status: 302'],
    tableBytes: 222,
  },
  {
    fields: [':status: 307', 'cache-control: private', DATE, LOCATION],
    table: [':status: 307', LOCATION, DATE, 'cache-control: private'],
    tableBytes: 222,
  },
  {
    fields: [':status: 200', 'cache-control: private', LATER, LOCATION, 'content-encoding: gzip', COOKIE],
    table: [COOKIE, 'content-encoding: gzip', LATER],
    tableBytes: 215,
  },
];

/** A change of the table's size to 256, which these examples agree on beforehand. */
const RESIZE_TO_256 = '3f e1 01';

describe.each([
  {
    name: 'C.3 requests without Huffman coding',
    before: '',
    hex: [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    steps: REQUESTS,
  },
  {
    name: 'C.4 requests with Huffman coding',
    before: '',
    hex: [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
    steps: REQUESTS,
  },
  {
    name: 'C.5 responses without Huffman coding',
    before: RESIZE_TO_256,
    hex: [
      '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32' +
        '3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '4803 3330 37c1 c0bf',
      '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970' +
        '7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61' +
        '6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
    ],
    steps: RESPONSES,
  },
  {
    name: 'C.6 responses with Huffman coding',
    before: RESIZE_TO_256,
    hex: [
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad' +
        '1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2' +
        'e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ],
    steps: RESPONSES,
  },
])('$name', ({ before, hex, steps }) => {
  test('each block, and the table after it', () => {
    const decoder = new HpackDecoder();
    decoder.decode(bytes(before));
    steps.forEach((step, i) => {
      const decoded = decoder.decode(bytes(hex[i]!));
      expect(decoded.fault).toBeUndefined();
      expect(lines(decoded.fields)).toEqual(step.fields);
      expect(lines(decoder.table)).toEqual(step.table);
      expect(decoder.tableBytes).toBe(step.tableBytes);
    });
  });
});

test('the Huffman code is complete: its lengths use up all codes', () => {
  expect(CODE_BITS).toHaveLength(257);
  expect(CODE_BITS.reduce((sum, bits) => sum + 2 ** -bits, 0)).toBe(1);
});

describe('what no encoder may send is a fault, and the decoder says it can no longer be trusted', () => {
  test.each([
    ['index 0', '80', /index 0/],
    ['an index beyond the table', 'be', /index 62/],
    ['a string longer than the block', '400a 6375', /a string of 10 bytes/],
    ['an integer without end', '7fff ffff ffff ffff ff', /28 bits/],
    ['an integer that stops', '7fff', /ends too early/],
    ['a table larger than was allowed', '3fe2 1f', /a table of 4097 bytes/],
    ['a change of the table size behind a field', '8220', /behind a field/],
    ['EOS within a string', '4084 ffff ffff 00', /Huffman/],
    ['padding of zeros', '4081 1800', /Huffman/],
    ['padding of a whole octet', '4082 1fff 00', /Huffman/],
  ])('%s', (_, hex, fault) => {
    const decoder = new HpackDecoder();
    expect(decoder.decode(bytes(hex)).fault).toMatch(fault);
    expect(decoder.broken).toBe(true);
  });

  test('fields before the fault are kept', () => {
    expect(lines(new HpackDecoder().decode(bytes('82 80')).fields)).toEqual([':method: GET']);
  });
});

test('a block that unfolds to more than a mebibyte is decoded to its end, but not all of it is kept', () => {
  const decoder = new HpackDecoder();
  // One entry of 4001 octets, then 4000 references to it: 16 MB out of 8 kB. 7f 81 1e is 3968.
  const entry = Buffer.concat([bytes('40 01 61 7f 81 1e'), Buffer.alloc(3968, 'x')]);
  const block = Buffer.concat([entry, Buffer.alloc(4000, 0xbe)]);
  const { fields, dropped, fault } = decoder.decode(block);
  expect(fault).toBeUndefined();
  expect(fields.length + dropped).toBe(4001);
  expect(dropped).toBeGreaterThan(3000);
});
