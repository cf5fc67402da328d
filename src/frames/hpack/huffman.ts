/**
 * The Huffman code of RFC 7541, appendix B. It is a canonical one: codes ascend with their length and, within a
 * length, with the symbol, so the lengths say it all.
 */

/** Bits of the code of each octet; the last is EOS. */
// prettier-ignore
export const CODE_BITS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const EOS = 256;
const LONGEST = 30;

/** Symbols in the order of their codes. */
const SYMBOLS = CODE_BITS.map((_, symbol) => symbol).sort(
  (a, b) => (CODE_BITS[a] ?? 0) - (CODE_BITS[b] ?? 0) || a - b,
);

/** For each length: its first code, how many there are, and where their symbols begin in SYMBOLS. */
const BY_LENGTH = tabulate();

function tabulate(): readonly { readonly first: number; readonly count: number; readonly index: number }[] {
  const table: { first: number; count: number; index: number }[] = [];
  let code = 0;
  let index = 0;
  for (let bits = 0; bits <= LONGEST; bits++) {
    const count = CODE_BITS.filter((each) => each === bits).length;
    table.push({ first: code, count, index });
    code = (code + count) * 2;
    index += count;
  }
  return table;
}

/** The text (as latin1), or undefined if the bytes are not a valid coding: EOS within, or wrong padding. */
export function decodeHuffman(bytes: Buffer): string | undefined {
  // No code is shorter than 5 bits.
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / 5));
  let written = 0;
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      bits++;
      const row = BY_LENGTH[bits];
      if (row === undefined) return undefined;
      const nth = code - row.first;
      if (nth >= row.count) continue;
      const symbol = SYMBOLS[row.index + nth] ?? EOS;
      if (symbol === EOS) return undefined;
      out[written++] = symbol;
      code = 0;
      bits = 0;
    }
  }
  // What is left is the beginning of EOS, all ones, and shorter than an octet (section 5.2).
  if (bits > 7 || code !== 2 ** bits - 1) return undefined;
  return out.toString('latin1', 0, written);
}
