import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { chooseDaemon } from '../../../src/environments/kind/docker.ts';
import { SetupError } from '../../../src/errors.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Makes `docker` a script of one line. */
async function withDocker(line: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-docker-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'docker'), `#!/bin/sh\n${line}\n`);
  await chmod(join(folder, 'docker'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH ?? ''}`);
  vi.stubEnv('DOCKER_HOST', '');
}

test('a daemon that answers is used', async () => {
  await withDocker('echo 27.1.0');
  await expect(chooseDaemon()).resolves.toBe('running');
});

test('a DOCKER_HOST that does not answer is an error, even for root', async () => {
  await withDocker('exit 1');
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1');
  await expect(chooseDaemon()).rejects.toThrow(/DOCKER_HOST=tcp:\/\/127\.0\.0\.1:1/);
});

test.each([['exit 1'], ['exec /no/such/program']])(
  'without Docker (%s) an ordinary user learns of --env local, in under a second',
  async (line) => {
    await withDocker(line);
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    const started = performance.now();
    const error: unknown = await chooseDaemon().catch((reason: unknown) => reason);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(error).toBeInstanceOf(SetupError);
    expect((error as SetupError).message).toContain('no Docker daemon answers');
    expect((error as SetupError).hint).toContain('--env local');
  },
);
