import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, afterEach, describe, expect, test } from 'vitest';
import { lacksSysResource, runtimeWithoutSysResource } from '../../../src/environments/kind/runtime.ts';

let folder: string;
let runtime: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshproof-runtime-'));
  const real = join(folder, 'runc');
  await writeFile(real, '#!/bin/sh\necho "real $*"\nexit 7\n');
  runtime = join(folder, 'runtime');
  await writeFile(runtime, runtimeWithoutSysResource(real));
  for (const file of [real, runtime]) await chmod(file, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const process_ = (place: 'first' | 'last') => ({
  ...(place === 'first' ? { oomScoreAdj: -999 } : {}),
  args: ['sleep'],
  capabilities: {
    bounding: ['CAP_SYS_RESOURCE', 'CAP_CHOWN'],
    effective: ['CAP_CHOWN', 'CAP_SYS_RESOURCE'],
    permitted: ['CAP_SYS_RESOURCE'],
  },
  ...(place === 'last' ? { oomScoreAdj: 100 } : {}),
});

const cleaned = {
  args: ['sleep'],
  capabilities: { bounding: ['CAP_CHOWN'], effective: ['CAP_CHOWN'], permitted: [] },
};

describe.each(['first', 'last'] as const)('with oomScoreAdj in the %s place', (place) => {
  test.each([
    ['--root /r create --bundle BUNDLE --pid-file /p id'],
    ['--root /r run --bundle=BUNDLE id'],
    ['create -b BUNDLE id'],
  ])('%s gets a container without the capability', async (line) => {
    const bundle = join(folder, 'bundle with spaces');
    await mkdir(bundle);
    const file = join(bundle, 'config.json');
    await writeFile(file, JSON.stringify({ process: process_(place), root: { path: 'r' } }));
    const args = line.split(' ').map((word) => word.replace('BUNDLE', bundle));
    const result = await execa(runtime, args, { reject: false });
    expect([result.exitCode, result.stdout]).toEqual([7, `real ${args.join(' ')}`]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ process: cleaned, root: { path: 'r' } });
  });

  test('exec gets a process without it', async () => {
    const file = join(folder, 'process.json');
    await writeFile(file, JSON.stringify(process_(place)));
    await execa(runtime, ['exec', '--process', file, '--detach', 'id'], { reject: false });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(cleaned);
  });
});

test('other actions are passed on as they are', async () => {
  const result = await execa(runtime, ['--root', '/r', 'kill', 'create', '9'], {
    reject: false,
    cwd: folder,
  });
  expect([result.exitCode, result.stdout]).toEqual([7, 'real --root /r kill create 9']);
});

test.each([
  ['000001ffffffffff', false],
  ['000001fffeffffff', true],
])('a bounding set of %s lacks CAP_SYS_RESOURCE: %s', async (bounding, expected) => {
  const status = join(folder, 'status');
  await writeFile(status, `Name:\tnode\nCapBnd:\t${bounding}\n`);
  expect(await lacksSysResource(status)).toBe(expected);
});
