import { BlockFault, BlockReader } from './block-reader.ts';
import { STATIC_TABLE, type Field } from './static-table.ts';

/** What became of one header block. */
export interface DecodedBlock {
  readonly fields: readonly Field[];
  /** Fields beyond the bound: decoded, since the table depends on them, but not kept. */
  readonly dropped: number;
  /** Why decoding stopped (a COMPRESSION_ERROR); the fields before are good. */
  readonly fault?: string;
}

/** SETTINGS_HEADER_TABLE_SIZE until a peer says otherwise. */
const DEFAULT_TABLE_BYTES = 4096;
/** No table becomes larger than this, whatever the peers agree on. */
const MAX_TABLE_BYTES = 1 << 20;
/** Octets of a decoded header list that are kept, counted as section 4.1 counts. */
const MAX_LIST_BYTES = 1 << 20;
/** Octets that an entry counts beside its name and value (section 4.1). */
const ENTRY_OVERHEAD = 32;

/**
 * Decodes the header blocks of one direction of a connection (RFC 7541). Of a hostile block it reports a fault;
 * after one, the table may be wrong and so is what refers to it, hence {@link HpackDecoder.broken}.
 */
export class HpackDecoder {
  /** Newest first. */
  readonly #table: Field[] = [];
  #tableBytes = 0;
  #capacity = DEFAULT_TABLE_BYTES;
  #capacityLimit = DEFAULT_TABLE_BYTES;
  #broken = false;

  /** A block was lost or faulty: the dynamic table can no longer be trusted. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Octets in the dynamic table. */
  get tableBytes(): number {
    return this.#tableBytes;
  }

  /** Entries of the dynamic table, newest first. */
  get table(): readonly Field[] {
    return this.#table;
  }

  /** The receiver of the blocks has announced this SETTINGS_HEADER_TABLE_SIZE. Only the highest one counts. */
  allowTableBytes(bytes: number): void {
    this.#capacityLimit = Math.min(Math.max(this.#capacityLimit, bytes), MAX_TABLE_BYTES);
  }

  /** A block was not seen. */
  skipBlock(): void {
    this.#broken = true;
  }

  decode(block: Buffer): DecodedBlock {
    const fields: Field[] = [];
    let listBytes = 0;
    let dropped = 0;
    const reader = new BlockReader(block);
    try {
      while (!reader.done) {
        const field = this.#next(reader, fields.length + dropped === 0);
        if (field === undefined) continue;
        listBytes += sizeOf(field);
        if (listBytes <= MAX_LIST_BYTES) fields.push(field);
        else dropped++;
      }
    } catch (error) {
      if (!(error instanceof BlockFault)) throw error;
      this.#broken = true;
      return { fields, dropped, fault: `${error.message}, at byte ${reader.at} of ${block.length}` };
    }
    return { fields, dropped };
  }

  /** One representation (section 6); undefined for a change of the table's size. */
  #next(reader: BlockReader, mayResize: boolean): Field | undefined {
    const first = reader.peek();
    if ((first & 0x80) !== 0) return this.#entry(reader.integer(7));
    if ((first & 0xc0) === 0x40) {
      const field = this.#literal(reader, 6);
      this.#add(field);
      return field;
    }
    if ((first & 0xe0) === 0x20) {
      if (!mayResize) throw new BlockFault('a change of the table size behind a field');
      this.#resize(reader.integer(5));
      return undefined;
    }
    // Without indexing, or never indexed: the same to a reader.
    return this.#literal(reader, 4);
  }

  #literal(reader: BlockReader, prefixBits: number): Field {
    const index = reader.integer(prefixBits);
    const name = index === 0 ? reader.string() : this.#entry(index)[0];
    return [name, reader.string()];
  }

  #entry(index: number): Field {
    const field =
      index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : this.#table[index - 1 - STATIC_TABLE.length];
    if (field === undefined) throw new BlockFault(`index ${index}, which is not in the table`);
    return field;
  }

  #add(field: Field): void {
    const size = sizeOf(field);
    this.#evictTo(this.#capacity - size);
    if (size > this.#capacity) return;
    this.#table.unshift(field);
    this.#tableBytes += size;
  }

  #resize(bytes: number): void {
    if (bytes > this.#capacityLimit) {
      throw new BlockFault(`a table of ${bytes} bytes, where ${this.#capacityLimit} are allowed`);
    }
    this.#capacity = bytes;
    this.#evictTo(bytes);
  }

  #evictTo(bytes: number): void {
    while (this.#tableBytes > bytes) {
      const oldest = this.#table.pop();
      if (oldest === undefined) return;
      this.#tableBytes -= sizeOf(oldest);
    }
  }
}

const sizeOf = ([name, value]: Field): number => name.length + value.length + ENTRY_OVERHEAD;
