import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InterruptedError } from '../src/errors.ts';
import { exclusively } from '../src/exclusively.ts';
import { NEVER, temporaryFolder } from './toolchain/workplace.ts';

describe('exclusively', () => {
  test('builders of one folder take turns; builders of another do not wait', async () => {
    const [home, other] = [await temporaryFolder(), await temporaryFolder()];
    const events: string[] = [];
    let release = (): void => undefined;
    const first = exclusively(
      home,
      () => undefined,
      NEVER,
      async () => {
        events.push('first begins');
        await new Promise<void>((resolve) => (release = resolve));
        events.push('first ends');
      },
    );
    let second = Promise.resolve();
    const waitedFor = await new Promise<string>((resolve) => {
      second = exclusively(home, resolve, NEVER, () => {
        events.push('second');
        return Promise.resolve();
      });
    });
    expect(waitedFor).toBe(String(process.pid));
    const unexpected = (): void => expect.unreachable();
    await exclusively(other, unexpected, NEVER, () => {
      events.push('elsewhere');
      return Promise.resolve();
    });
    release();
    await Promise.all([first, second]);
    expect(events).toEqual(['first begins', 'elsewhere', 'first ends', 'second']);
  });

  test('a failure frees it', async () => {
    const home = await temporaryFolder();
    const failing = exclusively(
      home,
      () => undefined,
      NEVER,
      () => Promise.reject(new Error('no')),
    );
    await expect(failing).rejects.toThrow('no');
    await exclusively(
      home,
      () => expect.unreachable(),
      NEVER,
      () => Promise.resolve(),
    );
  });

  test('the kernel frees it when the holder is killed', async () => {
    const home = await temporaryFolder();
    const module = join(import.meta.dirname, '../src/exclusively.ts');
    const script = `
      import { exclusively } from ${JSON.stringify(module)};
      await exclusively(${JSON.stringify(home)}, () => {}, new AbortController().signal, async () => {
        process.stdout.write('held');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    let told = '';
    await exclusively(
      home,
      (pid) => {
        told = pid;
        holder.kill('SIGKILL');
      },
      NEVER,
      () => Promise.resolve(),
    );
    expect(told).toBe(String(holder.pid));
  });

  test('waiting can be interrupted', async () => {
    const home = await temporaryFolder();
    const controller = new AbortController();
    await exclusively(
      home,
      () => undefined,
      NEVER,
      async () => {
        const second = exclusively(
          home,
          () => controller.abort(),
          controller.signal,
          () => expect.unreachable(),
        );
        await expect(second).rejects.toBeInstanceOf(InterruptedError);
      },
    );
  });
});
