import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InterruptedError, SetupError } from '../../src/errors.ts';
import { run } from '../../src/toolchain/commands.ts';
import { waitFor, done, notYet } from '../../src/waiting.ts';
import { NEVER, temporaryFolder } from './workplace.ts';

const shell = (script: string, signal = NEVER, logFile?: string): Promise<string> =>
  run('sh', ['-c', script], { purpose: 'trying a script', signal, ...(logFile ? { logFile } : {}) });

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('run', () => {
  test('gives the standard output', async () => {
    expect(await shell('echo out; echo err >&2')).toBe('out');
  });

  test('a failure says what was under way, with the last lines and the log', async () => {
    const log = join(await temporaryFolder(), 'x.log');
    const error = await failureOf(shell('seq 40; echo "no space left on device" >&2; exit 3', NEVER, log));
    expect(error).toBeInstanceOf(SetupError);
    const { message, hint } = error as SetupError;
    expect(message).toMatch(/^trying a script: sh ended with 3/);
    expect(message).toContain('no space left on device');
    expect(message).not.toContain('    20\n');
    expect(hint).toContain('The disk is full');
    expect(hint).toContain(log);
    expect(await readFile(log, 'utf8')).toContain('20\n');
  });

  test.each([
    ['dial tcp: lookup example.invalid: no such host', 'no network'],
    ['ERROR: No matching distribution found for x', 'no network'],
    ['compile: signal: killed', 'Memory ran out'],
  ])('%s is explained', async (output, hint) => {
    const error = await failureOf(shell(`echo ${JSON.stringify(output)}; exit 1`));
    expect((error as SetupError).hint).toContain(hint);
  });

  test('a missing command is named', async () => {
    const error = await failureOf(run('meshproof-no-such-command', [], { purpose: 'trying', signal: NEVER }));
    expect(error).toBeInstanceOf(SetupError);
    expect((error as SetupError).message).toContain('meshproof-no-such-command is missing');
  });

  test('an abort ends the whole process group', async () => {
    const folder = await temporaryFolder();
    const controller = new AbortController();
    const log = join(folder, 'log');
    const work = failureOf(shell('sleep 300 & echo child $!; wait', controller.signal, log));
    const pid = await waitFor({ subject: 'the child', deadlineMs: 5_000 }, async () => {
      const found = /child (\d+)/.exec(await readFile(log, 'utf8'))?.[1];
      return found === undefined ? notYet('no child') : done(Number(found));
    });
    controller.abort();
    expect(await work).toBeInstanceOf(InterruptedError);
    await waitFor({ subject: 'the end of the child', deadlineMs: 5_000 }, async () => {
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      return state === '' || state.includes(') Z ') ? done(true) : notYet(state);
    });
  });
});
