import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InterruptedError, SetupError } from '../../src/errors.ts';
import { defineArtefact, type Artefact } from '../../src/toolchain/artefact.ts';
import { findPrepared, prepare } from '../../src/toolchain/cache.ts';
import { NEVER, collectingProgress, temporaryFolder } from './workplace.ts';

/** An artefact that writes its name into a file, and the log of what was built. */
function fake(
  name: string,
  log: string[],
  dependsOn: readonly Artefact[] = [],
  options: { inputs?: readonly unknown[]; heavy?: boolean; work?: () => Promise<void> } = {},
): Artefact {
  return defineArtefact({
    name,
    inputs: options.inputs ?? [],
    dependsOn,
    heavy: options.heavy ?? false,
    build: async (folder, context) => {
      log.push(name);
      await options.work?.();
      const parts = await Promise.all(
        dependsOn.map((dependency) => readFile(join(context.folderOf(dependency), 'content'), 'utf8')),
      );
      await writeFile(join(folder, 'content'), [name, ...parts].join(' '));
      return { built: name };
    },
  });
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('prepare', () => {
  test('builds each artefact once, after what it depends on, and never again', async () => {
    const home = await temporaryFolder();
    const log: string[] = [];
    const base = fake('base', log);
    const [left, right] = [fake('left', log, [base]), fake('right', log, [base])];
    const top = fake('top', log, [left, right]);
    const progress = collectingProgress();
    expect(await findPrepared(home, [top])).toBeUndefined();
    const prepared = await prepare([top], { home, progress, signal: NEVER });
    expect(log[0]).toBe('base');
    expect(log.at(-1)).toBe('top');
    expect(log).toHaveLength(4);
    expect(await readFile(join(prepared.folderOf(top), 'content'), 'utf8')).toBe('top left base right base');
    expect(prepared.factsOf(top)).toEqual({ built: 'top' });
    expect(progress.lines).toContain('detail: base: 4 to go');
    expect(progress.lines).toContain('detail: top: 1 to go');
    await prepare([top], { home, progress, signal: NEVER });
    expect(log).toHaveLength(4);
    expect((await findPrepared(home, [top]))?.factsOf(top)).toEqual({ built: 'top' });
  });

  test('builds again, saying so, what was damaged, and nothing else', async () => {
    const home = await temporaryFolder();
    const log: string[] = [];
    const base = fake('base', log);
    const top = fake('top', log, [base]);
    const prepared = await prepare([top], { home, progress: collectingProgress(), signal: NEVER });
    await writeFile(join(prepared.folderOf(base), 'content'), 'junk');
    expect(await findPrepared(home, [top])).toBeUndefined();
    const progress = collectingProgress();
    await prepare([top], { home, progress, signal: NEVER });
    expect(log).toEqual(['base', 'top', 'base']);
    expect(progress.lines[0]).toMatch(/^note: base in the cache is damaged .*content was changed/);
    expect(await readFile(join(prepared.folderOf(base), 'content'), 'utf8')).toBe('base');
  });

  test('another input makes another artefact, of what depends on it too', () => {
    const log: string[] = [];
    const one = fake('base', log, [], { inputs: ['1'] });
    const two = fake('base', log, [], { inputs: ['2'] });
    expect(one.key).not.toBe(two.key);
    expect(fake('top', log, [one]).key).not.toBe(fake('top', log, [two]).key);
    expect(fake('top', log, [one]).key).toBe(fake('top', log, [one]).key);
  });

  test('a failure ends the other builds, keeps what is finished, and the next run goes on from there', async () => {
    const home = await temporaryFolder();
    const log: string[] = [];
    const good = fake('good', log);
    let broken = true;
    const bad = fake('bad', log, [good], {
      work: () => (broken ? Promise.reject(new SetupError('it broke')) : Promise.resolve()),
    });
    const top = fake('top', log, [bad]);
    const options = { home, progress: collectingProgress(), signal: NEVER };
    expect(await failureOf(prepare([top], options))).toMatchObject({ message: 'it broke' });
    expect(log).toEqual(['good', 'bad']);
    expect((await readdir(join(home, 'toolchain'))).filter((name) => name.includes('partial'))).toEqual([]);
    broken = false;
    await prepare([top], options);
    expect(log).toEqual(['good', 'bad', 'bad', 'top']);
  });

  test('a full disk is said to be one', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const artefact = fake('large', [], [], { work: () => Promise.reject(full) });
    const home = await temporaryFolder();
    const error = await failureOf(
      prepare([artefact], { home, progress: collectingProgress(), signal: NEVER }),
    );
    expect(error).toBeInstanceOf(SetupError);
    expect((error as SetupError).hint).toMatch(/is full.*MESHPROOF_HOME/);
  });

  test('an abort is the reason given, and leaves nothing half-written', async () => {
    const home = await temporaryFolder();
    const controller = new AbortController();
    const slow = fake('slow', [], [], {
      work: () =>
        new Promise((_, reject) => {
          controller.signal.addEventListener('abort', () => reject(new Error('ended')));
          controller.abort(new InterruptedError('interrupted by the user'));
        }),
    });
    const { signal } = controller;
    const error = await failureOf(prepare([slow], { home, progress: collectingProgress(), signal }));
    expect(error).toBeInstanceOf(InterruptedError);
    expect(await readdir(join(home, 'toolchain'))).toEqual([]);
  });

  test('at most two heavy builds run at a time', async () => {
    const home = await temporaryFolder();
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running--;
    };
    const artefacts = ['a', 'b', 'c', 'd', 'e'].map((name) => fake(name, [], [], { heavy: true, work }));
    await prepare(artefacts, { home, progress: collectingProgress(), signal: NEVER });
    expect(most).toBe(2);
  });

  test('sweeps what killed builders left, and not what living ones write', async () => {
    const home = await temporaryFolder();
    const room = join(home, 'toolchain');
    await mkdir(join(room, 'x-000000000000.partial-4194303'), { recursive: true });
    await mkdir(join(room, `y-000000000000.partial-${process.pid}`), { recursive: true });
    await prepare([fake('z', [])], { home, progress: collectingProgress(), signal: NEVER });
    const left = await readdir(room);
    expect(left.some((name) => name.startsWith('x-'))).toBe(false);
    expect(left.some((name) => name.startsWith('y-'))).toBe(true);
  });

  test('keeps the three newest versions of an artefact', async () => {
    const home = await temporaryFolder();
    const options = { home, progress: collectingProgress(), signal: NEVER };
    const other = fake('tool-other', []);
    await prepare([other], options);
    for (const version of [1, 2, 3, 4, 5])
      await prepare([fake('tool', [], [], { inputs: [version] })], options);
    const left = await readdir(join(home, 'toolchain'));
    expect(left).toHaveLength(4);
    expect(left).toContain(`tool-other-${other.key}`);
    expect(left).toContain(`tool-${fake('tool', [], [], { inputs: [5] }).key}`);
  });
});
