import { CODE_BITS } from '../../../src/frames/hpack/huffman.ts';
import { STATIC_TABLE, type Field } from '../../../src/frames/hpack/static-table.ts';

/** How a field is to be written; what cannot be written so is written as a literal with indexing. */
export interface Way {
  readonly as: 'indexed' | 'indexing' | 'without' | 'never';
  readonly huffman: boolean;
  readonly nameByIndex: boolean;
}

/** An encoder in which the test decides each choice that RFC 7541 leaves open. */
export class Encoder {
  #table: Field[] = [];
  #capacity = 4096;

  resize(bytes: number): Buffer {
    this.#capacity = bytes;
    this.#evict();
    return integer(bytes, 5, 0x20);
  }

  field(field: Field, { as, huffman, nameByIndex }: Way): Buffer {
    const all = [...STATIC_TABLE, ...this.#table];
    const whole = all.findIndex(([name, value]) => name === field[0] && value === field[1]) + 1;
    if (as === 'indexed' && whole > 0) return integer(whole, 7, 0x80);
    const name = nameByIndex ? all.findIndex(([each]) => each === field[0]) + 1 : 0;
    const [bits, pattern] = as === 'without' ? [4, 0x00] : as === 'never' ? [4, 0x10] : [6, 0x40];
    if (bits === 6) {
      this.#table.unshift(field);
      this.#evict();
    }
    return Buffer.concat([
      integer(name, bits, pattern),
      ...(name === 0 ? [text(field[0], huffman)] : []),
      text(field[1], huffman),
    ]);
  }

  #evict(): void {
    let bytes = 0;
    this.#table = this.#table.filter(([name, value]) => {
      bytes += name.length + value.length + 32;
      return bytes <= this.#capacity;
    });
  }
}

/** A block of literals, which leaves no trace in the decoder. */
export const literals = (fields: readonly Field[]): Buffer => {
  const encoder = new Encoder();
  const way = { as: 'without', huffman: false, nameByIndex: false } as const;
  return Buffer.concat(fields.map((field) => encoder.field(field, way)));
};

function text(value: string, huffman: boolean): Buffer {
  const bytes = huffman ? huffmanCoded(value) : Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, huffman ? 0x80 : 0), bytes]);
}

function integer(value: number, prefixBits: number, pattern: number): Buffer {
  const prefix = 2 ** prefixBits - 1;
  if (value < prefix) return Buffer.of(pattern | value);
  const out = [pattern | prefix];
  let rest = value - prefix;
  for (; rest >= 128; rest >>= 7) out.push((rest & 0x7f) | 0x80);
  return Buffer.of(...out, rest);
}

/** Appendix B as a table of bit strings. */
const CODES = codes();

function codes(): string[] {
  const out: string[] = [];
  let code = 0;
  for (let bits = 1; bits <= 30; bits++) {
    CODE_BITS.forEach((each, symbol) => {
      if (each === bits) out[symbol] = (code++).toString(2).padStart(bits, '0');
    });
    code *= 2;
  }
  return out;
}

function huffmanCoded(value: string): Buffer {
  const bits = Array.from(value, (each) => CODES[each.charCodeAt(0)]).join('');
  return Buffer.from(bits.match(/.{1,8}/g)?.map((octet) => parseInt(octet.padEnd(8, '1'), 2)) ?? []);
}
