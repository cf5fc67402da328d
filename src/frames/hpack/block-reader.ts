import { decodeHuffman } from './huffman.ts';

/** Stops the decoding of a block; the decoder turns it into a fault. */
export class BlockFault extends Error {}

/** Reads integers and strings (RFC 7541, section 5) off a block. Its methods throw {@link BlockFault}. */
export class BlockReader {
  readonly #block: Buffer;
  at = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get done(): boolean {
    return this.at >= this.#block.length;
  }

  peek(): number {
    const byte = this.#block[this.at];
    if (byte === undefined) throw new BlockFault('the block ends too early');
    return byte;
  }

  integer(prefixBits: number): number {
    const prefix = 2 ** prefixBits - 1;
    let value = this.peek() & prefix;
    this.at++;
    if (value < prefix) return value;
    // Four octets hold 28 bits, more than any size or index here may be.
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.peek();
      this.at++;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new BlockFault('an integer of more than 28 bits');
  }

  string(): string {
    const huffman = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    const end = this.at + length;
    if (end > this.#block.length)
      throw new BlockFault(`a string of ${length} bytes, which the block does not hold`);
    const bytes = this.#block.subarray(this.at, end);
    const text = huffman ? decodeHuffman(bytes) : bytes.toString('latin1');
    if (text === undefined) throw new BlockFault('a string whose Huffman coding is invalid');
    this.at = end;
    return text;
  }
}
