import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Writes a file so that a reader sees the old one or the new one, never a part of one.
 *
 * @throws what the file system says; nothing of the new file is left then
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  // Two processes that write the same file do not write into each other.
  const partial = `${file}.${process.pid}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
