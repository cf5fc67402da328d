import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Progress } from '../../src/progress.ts';

/** A signal that never aborts. */
export const NEVER = new AbortController().signal;

/** An empty folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Progress that a test can read, one line for each thing said. */
export function collectingProgress(): Progress & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  return {
    lines,
    note: (text) => lines.push(`note: ${text}`),
    begin: (title) => {
      lines.push(`begin: ${title}`);
      return {
        detail: (text) => lines.push(`detail: ${title}: ${text}`),
        done: () => lines.push(`done: ${title}`),
        failed: (text) => lines.push(`failed: ${title}: ${text}`),
      };
    },
  };
}
