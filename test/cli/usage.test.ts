import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meshproof, startCommand } from './meshproof.ts';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshproof-usage-'));
  env = { MESHPROOF_HOME: join(folder, 'home') };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const COMMANDS = [
  'run',
  'prove',
  'init',
  'up',
  'status',
  'exec',
  'logs',
  'kubeconfig',
  'down',
  'list',
  'traffic',
  'upgrade',
  'diff',
  'history',
  'reproduce',
  'bundle',
  'report',
  'diagnose',
  'lint',
  'doctor',
];

describe('the command line', () => {
  test('--help names every command, gives examples and the exit codes', async () => {
    const { code, stdout, stderr } = await meshproof(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ +${command} `, 'm'));
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('Exit codes:');
  });

  test.each(['run', 'prove', 'up', 'exec', 'logs', 'traffic', 'upgrade', 'diff', 'history'])(
    '%s --help has examples',
    async (command) => {
      const { code, stdout } = await meshproof([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('Examples:');
    },
  );

  test.each([
    { args: ['run', '--frob'], says: "unknown option '--frob'" },
    { args: ['frob'], says: "unknown command 'frob'" },
    { args: ['run', '--env', 'moon'], says: 'Allowed choices are local, kind, cluster' },
    { args: ['run', '--only', 'S99'], says: 'no case matches "S99"' },
    { args: ['run', '--only', 'routing/nowhere'], says: 'no case matches' },
    { args: ['run', '--name', 'Not_A_Name'], says: 'cannot be the name of a mesh' },
    { args: ['run', '--reuse'], says: '--reuse needs the --name' },
    { args: ['run', '--patch', 'no-such-file.yaml'], says: 'no-such-file.yaml cannot be read' },
    { args: ['run', '--profile', 'demo', '--set', 'profile=default'], says: 'contradict each other' },
    { args: ['run', '--known-failing', 'no-such.yaml'], says: 'the list no-such.yaml cannot be read' },
    { args: ['run', '--baseline', 'no-such.json'], says: 'the report no-such.json cannot be read' },
    { args: ['history', 'no-such.jsonl'], says: 'the history no-such.jsonl cannot be read' },
    { args: ['up', '--tag', 'a/b'], says: '--tag "a/b" is no tag of an image' },
    { args: ['prove', '--set', 'hub=x'], says: 'Use --hub' },
    { args: ['run', '--reuse', '--name', 'nobody', '--hub', 'x'], says: '--hub cannot go with --reuse' },
    { args: ['reproduce'], says: 'which scenario is to be reproduced?' },
    { args: ['reproduce', 'frob'], says: 'there is no scenario "frob"' },
    { args: ['diagnose'], says: "required option '--address <host:port>' not specified" },
    { args: ['diagnose', '--address', 'nowhere'], says: '--address nowhere is no address' },
    { args: ['diagnose', '--address', 'a:1', '--method', 'Get'], says: '--method Get is no method' },
    { args: ['diagnose', '--address', 'a:1', '--header', 'x'], says: '--header x is no header field' },
    { args: ['bundle', 'no-such-folder'], says: 'report.json cannot be read' },
    { args: ['report', 'no-such.tgz'], says: 'no-such.tgz cannot be read' },
    { args: ['exec', '--name', 'nobody', '--', 'true'], says: 'no local mesh named "nobody" is running' },
    { args: ['down', '--name', 'nobody'], says: 'no local mesh named "nobody" is running' },
    { args: ['traffic'], says: 'no change is named' },
    { args: ['traffic', '--change', 'nothing'], says: 'there is no change called "nothing"' },
    { args: ['traffic', '--change', 'route-push', '--rate', '0'], says: '--rate must be a whole number' },
    {
      args: ['traffic', '--change', 'route-push', '--streams', 'x'],
      says: '--streams must be a whole number',
    },
    { args: ['traffic', '--change', 'route-push', '--reuse'], says: '--reuse needs the --name' },
    { args: ['upgrade', '--from', 'envoy=1.36.4'], says: 'must both say which envoy' },
    { args: ['upgrade'], says: 'nothing is given that the upgrade would change' },
    { args: ['upgrade', '--from', '1.36.4', '--to', 'envoy=1.40.0'], says: 'names no version' },
    {
      args: ['upgrade', '--from', 'kiali=1', '--to', 'kiali=2'],
      says: '"kiali" is nothing that can be upgraded',
    },
    { args: ['upgrade', '--from', 'envoy=1.40.0', '--to', 'envoy=1.40.0'], says: 'both say envoy=1.40.0' },
    { args: ['kubeconfig', '--name', 'nobody'], says: 'no local mesh named "nobody" is running' },
  ])('$args: exit 2, one clear message, no stack trace', async ({ args, says }) => {
    const { code, stdout, stderr } = await meshproof(args, { env, cwd: folder });
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('a patch that is no YAML is named with the place', async () => {
    const patch = join(folder, 'broken.yaml');
    await writeFile(patch, 'kind: [');
    const { code, stderr } = await meshproof(['run', '--patch', patch], { env });
    expect(stderr).toContain(`the patch ${patch} is not valid YAML`);
    expect(code).toBe(2);
  });

  test('a list of known failures that names no case is an error before anything is started', async () => {
    const list = join(folder, 'known.yaml');
    await writeFile(list, '- {pattern: routing/nowhere, because: a reason, istio: "1.0"}');
    const { code, stderr } = await meshproof(['run', '--known-failing', list], { env });
    expect(stderr).toContain(`the list ${list}: no case matches "routing/nowhere"`);
    expect(stderr).not.toContain('control plane');
    expect(code).toBe(2);
  });

  test('list selects by row and by pattern, and prints JSON', async () => {
    const { stdout } = await meshproof(['list', '--only', 'S10', '--json']);
    const cases = JSON.parse(stdout) as { name: string; row: string; sabotages: string[] }[];
    expect(cases.length).toBeGreaterThan(0);
    for (const each of cases) expect(each).toMatchObject({ row: 'S10' });
    for (const each of cases) expect(each.sabotages.length).toBeGreaterThan(0);
  });

  test('the changes of traffic are listed with what may be expected of each, and their sabotages', async () => {
    const { stdout } = await meshproof(['traffic', '--list', '--json']);
    const changes = JSON.parse(stdout) as { name: string; title: string; sabotage: { name: string } }[];
    expect(changes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['gateway-rollout', 'istiod-restart', 'route-push', 'certificate-rotation']),
    );
    for (const { sabotage } of changes) expect(sabotage.name).not.toBe('');
  });

  test('all of a long output reaches a reader that is slow to take it', async () => {
    const slow = `${process.execPath} scripts/meshproof.js list --json | (sleep 1; cat)`;
    const { stdout } = await startCommand('sh', ['-c', slow]).finished;
    expect(stdout.length).toBeGreaterThan(65_536);
    expect((JSON.parse(stdout) as unknown[]).length).toBeGreaterThan(80);
  });

  test('a reader that has seen enough is no fault', async () => {
    const early = `${process.execPath} scripts/meshproof.js list | head -1`;
    const { stdout, stderr } = await startCommand('sh', ['-c', early]).finished;
    expect(stdout).toMatch(/^S1 {2}.*\n$/);
    expect(stderr).toBe('');
  });

  test('status and doctor print JSON that a program can read', async () => {
    const status = await meshproof(['status', '--json'], { env });
    expect(JSON.parse(status.stdout)).toMatchObject({ meshes: [] });
    const doctor = await meshproof(['doctor', '--json'], { env });
    const { requirements } = JSON.parse(doctor.stdout) as { requirements: { name: string; fix: string }[] };
    expect(requirements.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['memory', 'disk', 'namespaces']),
    );
  });

  test('nothing is coloured where there is no terminal', async () => {
    const { stdout, stderr } = await meshproof(['list'], { env: { NO_COLOR: undefined } });
    expect(stdout + stderr).not.toContain('\u001B[');
  });
});

describe.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('without root', () => {
  test('asking for local names what is missing and what would serve', async () => {
    const { code, stderr } = await startCommand(
      'setpriv',
      [
        ...['--reuid', '65534', '--regid', '65534', '--clear-groups', '--'],
        ...[process.execPath, join(import.meta.dirname, '../../src/cli/main.ts'), 'run', '--env', 'local'],
      ],
      { env: { ...env, HOME: folder } },
    ).finished;
    expect(stderr).toContain('it needs root');
    expect(stderr).toContain('--env kind');
    expect(code).toBe(2);
  });
});
