import { createHash } from 'node:crypto';

/** Counts and hashes bytes on their way through a pipeline. */
export class Digest {
  readonly #hash = createHash('sha256');
  /** Bytes that have passed. */
  size = 0;

  /** The step of a pipeline, which passes everything on as it is. */
  readonly step = async function* (this: Digest, chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    for await (const part of chunks) {
      const chunk = part as Uint8Array;
      this.#hash.update(chunk);
      this.size += chunk.length;
      yield chunk;
    }
  }.bind(this);

  /** SHA-256 of everything that has passed, in hexadecimal; to be asked once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}
