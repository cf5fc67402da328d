import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GOOD, SLIP } from '../lint/slip.ts';
import { meshproof, startCommand } from './meshproof.ts';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshproof-lint-'));
  // No toolchain there, so that no istioctl of this machine has a say.
  env = { MESHPROOF_HOME: join(folder, 'home') };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, text: string): Promise<string> => {
  const file = join(folder, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
};

const run = (args: readonly string[]) => meshproof(['lint', '--no-istioctl', ...args], { env });

interface Found {
  findings: { rule: string; severity: string; location?: { file: string; line: number; column: number } }[];
  notes: string[];
}

/** `file:line:column rule` of each finding, the folder left out. */
const places = (json: string): string[] =>
  (JSON.parse(json) as Found).findings.map(
    ({ rule, location }) =>
      `${location?.file.replace(`${folder}/`, '') ?? ''}:${location?.line ?? 0}:${location?.column ?? 0} ${rule}`,
  );

describe("the seed's own YAML", () => {
  test('its traps are found, each at its line', async () => {
    const { code, stdout } = await run(['manifests/seed', '--proto', 'proto', '--json']);
    expect(code).toBe(1);
    expect(places(stdout)).toEqual([
      'manifests/seed/grpc-resilience.yaml:16:5 streaming-timeout',
      'manifests/seed/grpc-resilience.yaml:19:7 retries-over-timeout',
      'manifests/seed/grpc-resilience.yaml:19:7 streaming-per-try-timeout',
      // The prefixes without a closing slash.
      'manifests/seed/grpc-routing.yaml:13:9 service-prefix',
      'manifests/seed/grpc-routing.yaml:21:9 service-prefix',
      'manifests/seed/grpc-routing.yaml:29:9 service-prefix',
      // networking.rypt.io, and what would be wrong of it in the right group.
      'manifests/seed/grpc-streaming.yaml:1:1 api-group',
      'manifests/seed/grpc-streaming.yaml:11:5 catch-all-collision',
      'manifests/seed/grpc-streaming.yaml:16:5 zero-timeout',
      'manifests/seed/grpc-vs.yaml:11:5 catch-all-collision',
      // The route that matches on a content-type, which no preflight has.
      'manifests/seed/grpc-web-vs.yaml:13:9 cors-preflight',
    ]);
  });
});

describe('what people see', () => {
  test('each finding by file, with its line, a caret, the reason and the way out', async () => {
    const file = await write('one/slip.yaml', SLIP);
    const { code, stdout, stderr } = await run([file]);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    expect(stdout).toContain(`${file}\n`);
    expect(stdout).toContain('9:18  warning  service-prefix  /shop.Orders also takes /shop.OrdersV2');
    expect(stdout).toContain('    9 |         - uri: { prefix: /shop.Orders }\n');
    expect(stdout).toContain('      |                  ^^^^^^^^^^^^^^^^^^^^\n');
    expect(stdout).toMatch(/why: .+\n {4}fix: Write \/shop.Orders\/\.\n {4}https:/);
    expect(stdout).toContain('1 warning in 1 object\n');
    expect(stdout).not.toContain('\u001B[');
  });

  test('nothing found is said too', async () => {
    const { code, stdout } = await run([await write('two/good.yaml', GOOD)]);
    expect(code).toBe(0);
    expect(stdout).toBe('no findings in 1 object\n');
  });

  test('colours where they are asked for', async () => {
    const file = await write('one/slip.yaml', SLIP);
    const { stdout } = await meshproof(['lint', '--no-istioctl', file], {
      env: { ...env, FORCE_COLOR: '1' },
    });
    expect(stdout).toContain('\u001B[33m^^');
  });

  test('--rules lists every rule', async () => {
    const { code, stdout } = await run(['--rules']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^api-group +error +The API group/m);
    const json = await run(['--rules', '--json']);
    expect((JSON.parse(json.stdout) as { id: string }[]).map(({ id }) => id)).toContain('cors-preflight');
  });

  test('--sarif prints a log for code hosting', async () => {
    const { code, stdout } = await run([await write('one/slip.yaml', SLIP), '--sarif']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          results: [
            {
              ruleId: 'service-prefix',
              locations: [{ physicalLocation: { region: { startLine: 9, startColumn: 18 } } }],
            },
          ],
        },
      ],
    });
  });
});

describe('exit codes and messages', () => {
  test('standard input is read for -', async () => {
    const file = await write('three/slip.yaml', SLIP);
    const command = `${process.execPath} scripts/meshproof.js lint --no-istioctl --json - < ${file}`;
    const { stdout, code } = await startCommand('sh', ['-c', command], { env }).finished;
    expect(places(stdout)).toEqual(['<stdin>:9:18 service-prefix']);
    expect(code).toBe(1);
  });

  test('2 when something could not be read, with the findings of the rest', async () => {
    await write('mixed/slip.yaml', SLIP);
    await write('mixed/broken.yaml', 'kind: [');
    const { code, stdout, stderr } = await run([join(folder, 'mixed')]);
    expect(stdout).toContain('service-prefix');
    expect(stderr).toMatch(/broken\.yaml:1:\d+: this is not valid YAML/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
  });

  test('2 when there is nothing in it', async () => {
    const { code, stderr } = await run([await write('four/values.yaml', 'replicas: 3\n')]);
    expect(stderr).toContain('there is no Kubernetes object in what was given');
    expect(code).toBe(2);
  });

  test.each([
    { args: [], says: 'there is nothing to lint' },
    { args: ['.', '--disable', 'no-such-rule'], says: 'there is no rule no-such-rule' },
    { args: ['.', '--json', '--sarif'], says: '--json and --sarif' },
    { args: ['manifests/seed', '--proto', 'no-such.proto'], says: 'the proto no-such.proto cannot be read' },
  ])('$args: exit 2 and one clear message', async ({ args, says }) => {
    const { code, stderr } = await run(args);
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
  });

  test('without istioctl anywhere, that is said', async () => {
    const file = await write('two/good.yaml', GOOD);
    const { code, stderr } = await startCommand(process.execPath, ['src/cli/main.ts', 'lint', file], {
      env: { ...env, PATH: '/nowhere' },
    }).finished;
    expect(stderr).toContain('istioctl is neither in the cache nor on the PATH');
    expect(code).toBe(0);
  });
});
