import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GATEWAY, entry, inFolder, virtualService } from '../team/workplace.ts';
import { ROOT, meshproof, startCommand } from './meshproof.ts';

const CONFIG = `import { defineConfig } from 'meshproof';
export default defineConfig({
  manifests: ['deploy'],
  routes: [{ method: 'acme.Users/*', backend: 'users:50051' }],
});
`;
const DEPLOY = {
  'deploy/gateway.yaml': GATEWAY,
  'deploy/routes.yaml': virtualService(...entry('acme.Users', 'users')),
};

describe('a configuration', () => {
  test('in the working directory is taken, and this is said', () =>
    inFolder({ ...DEPLOY, 'meshproof.config.ts': CONFIG }, async (cwd) => {
      const own = await meshproof(['list'], { cwd });
      expect(own.stderr).toContain('configuration: meshproof.config.ts');
      expect(own.stdout).toContain('own/route/acme.users/tls');
      expect(own.code).toBe(0);
      const suites = await meshproof(['list', '--no-config', '--only', 'S10'], { cwd });
      expect(suites.stdout).toContain('grpcurl');
    }));

  test('anywhere else is named by --config', () =>
    inFolder({ ...DEPLOY, 'ci/proof.ts': CONFIG.replace("'deploy'", "'../deploy'") }, async (folder) => {
      const { code, stdout } = await meshproof([
        'list',
        '--json',
        '--config',
        join(folder, 'ci', 'proof.ts'),
      ]);
      expect((JSON.parse(stdout) as unknown[]).length).toBeGreaterThan(5);
      expect(code).toBe(0);
    }));

  test.each([
    ['is not there', undefined, 'the configuration proof.ts is not there'],
    ['throws', "throw new Error('no luck');", 'proof.ts cannot be run: no luck (proof.ts:1)'],
    ['is no TypeScript', 'export default {', 'proof.ts cannot be run'],
    ['exports nothing', 'export const config = {};', 'proof.ts has no default export'],
    ['has an unknown key', CONFIG.replace('routes:', 'rotues:'), 'rotues is not known'],
    [
      'has a backend without a port',
      CONFIG.replace("'users:50051'", "'users'"),
      'routes[0].backend: must be like',
    ],
    [
      'has a method with a slash in front',
      CONFIG.replace('acme.Users/*', '/acme.Users/*'),
      'routes[0].method: must be',
    ],
    [
      'lists what is known to fail, and is no case',
      CONFIG.replace('routes:', "knownFailing: [{ pattern: 'own/gone/**', because: 'issue 1' }],\n  routes:"),
      'knownFailing of proof.ts: no case matches "own/gone/**"',
    ],
    [
      'lists what is known to fail without a reason',
      CONFIG.replace('routes:', "knownFailing: [{ pattern: 'own/route/**' }],\n  routes:"),
      '[0].because',
    ],
    ['names no such file', CONFIG.replace("'deploy'", "'depoly'"), 'the manifests depoly are not there'],
    ['names bad YAML', CONFIG.replace("'deploy'", "'bad'"), 'bad/broken.yaml:3 is not valid YAML'],
    [
      'names no Kubernetes object',
      CONFIG.replace("'deploy'", "'odd.yaml'"),
      'odd.yaml:1 holds something that is no',
    ],
    [
      'names a misshapen one',
      CONFIG.replace("'deploy'", "'misshapen.yaml'"),
      'misshapen.yaml:4: spec.http is not as',
    ],
    [
      'names one object twice',
      CONFIG.replace("'deploy'", "'deploy', 'deploy/gateway.yaml'"),
      'is there twice',
    ],
  ])('that %s: exit 2, and the place', (_what, text, says) =>
    inFolder(
      {
        ...DEPLOY,
        'bad/broken.yaml': 'kind: Gateway\nspec: [\n',
        'odd.yaml': 'just: text\n',
        'misshapen.yaml':
          'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: v }\nspec: { http: {} }\n',
        ...(text === undefined ? {} : { 'proof.ts': text }),
      },
      async (cwd) => {
        const { code, stdout, stderr } = await meshproof(['list', '--config', 'proof.ts'], { cwd });
        expect(stderr).toContain(says);
        expect(stderr).not.toMatch(/^\s+at /m);
        expect(stdout).toBe('');
        expect(code).toBe(2);
      },
    ),
  );

  test('is not proven on a cluster that has real backends', () =>
    inFolder({ ...DEPLOY, 'meshproof.config.ts': CONFIG }, async (cwd) => {
      const { code, stderr } = await meshproof(['run', '--env', 'cluster'], { cwd });
      expect(stderr).toContain('not on a cluster that is there');
      expect(code).toBe(2);
    }));
});

describe('init', () => {
  test(
    'writes what its own list takes, with the routes that the YAML has, and is strict TypeScript',
    () =>
      inFolder({ ...DEPLOY, 'package.json': '{ "type": "module" }' }, async (cwd) => {
        const { code, stdout } = await meshproof(['init'], { cwd });
        expect(stdout).toContain('meshproof list');
        expect(code).toBe(0);
        const text = await readFile(join(cwd, 'meshproof.config.ts'), 'utf8');
        expect(text).toContain("{ method: 'acme.Users/*', backend: 'users:50051' },");
        expect((await meshproof(['list'], { cwd })).stdout).toContain('own/route/acme.users/tls');
        await writeFile(
          join(cwd, 'tsconfig.json'),
          JSON.stringify({
            extends: join(ROOT, 'tsconfig.json'),
            compilerOptions: { paths: { meshproof: [join(ROOT, 'src', 'index.ts')] }, noEmit: true },
            include: ['*.ts'],
          }),
        );
        await symlink(join(ROOT, 'node_modules'), join(cwd, 'node_modules'));
        const tsc = await startCommand(process.execPath, [
          join(ROOT, 'node_modules/typescript/bin/tsc'),
          '-p',
          cwd,
        ]).finished;
        expect(tsc.stdout).toBe('');
      }),
    120_000,
  );

  test('replaces nothing unasked', () =>
    inFolder({ 'meshproof.config.ts': '// mine' }, async (cwd) => {
      const refused = await meshproof(['init'], { cwd });
      expect(refused.stderr).toContain('meshproof.config.ts is there already');
      expect(refused.code).toBe(2);
      expect(await readFile(join(cwd, 'meshproof.config.ts'), 'utf8')).toBe('// mine');
      expect((await meshproof(['init', '--force'], { cwd })).code).toBe(0);
      expect(await readFile(join(cwd, 'meshproof.config.ts'), 'utf8')).toContain('defineConfig');
    }));
});
