import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, canRunLocally, startCommand } from './meshproof.ts';

const NAME = 'test-docs';

describe.skipIf(!canRunLocally)(
  'docs/writing-a-case.md, followed word by word in a copy of the project',
  () => {
    let copy: string;
    const meshproof = (...args: string[]) =>
      startCommand(process.execPath, [join(copy, 'scripts', 'meshproof.js'), ...args], { cwd: copy })
        .finished;

    beforeAll(async () => {
      copy = await mkdtemp(join(tmpdir(), 'meshproof-docs-'));
      for (const part of [
        'src',
        'suites',
        'manifests',
        'proto',
        'services',
        'scripts',
        'package.json',
        'package-lock.json',
        'tsconfig.json',
      ]) {
        await cp(join(ROOT, part), join(copy, part), { recursive: true });
      }
      await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));

      const page = await readFile(join(ROOT, 'docs', 'writing-a-case.md'), 'utf8');
      const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
      const files = blocks.filter((block) => block.startsWith('// suites/'));
      expect(files).toHaveLength(3);
      for (const block of files) {
        const [first = '', ...rest] = block.split('\n');
        const file = join(copy, first.slice('// '.length));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, rest.join('\n'));
      }
      const [line] = blocks.filter((block) => block.includes("folder: 'refusals'"));
      const [importLine = '', entry = ''] = (line ?? '').split('\n');
      const index = join(copy, 'suites', 'index.ts');
      const text = await readFile(index, 'utf8');
      await writeFile(index, `${importLine}\n${text.replace('\n];', `\n${entry}\n];`)}`);

      const up = await meshproof('up', '--name', NAME, '--images', 'built');
      expect(up.code, up.stderr).toBe(0);
    });

    afterAll(async () => {
      await meshproof('down', '--name', NAME);
      await rm(copy, { recursive: true, force: true });
    });

    test('its files are as strict as all others', async () => {
      const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
      const { stdout } = await startCommand(tsc, ['--noEmit', '-p', copy], {
        env: { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` },
      }).finished;
      expect(stdout.split('\n').filter((each) => each.includes('refusals'))).toEqual([]);
    });

    test('run says Conformant', async () => {
      const { code, stderr } = await meshproof('run', '--reuse', '--name', NAME, '--only', 'refusals/**');
      expect(stderr).toContain('Conformant: All 2 cases passed');
      expect(code).toBe(0);
    });

    test('prove says that 4 of 4 sabotages were caught', async () => {
      const { code, stderr } = await meshproof('prove', '--reuse', '--name', NAME, 'refusals/**');
      expect(stderr).toContain('4 of 4 sabotages caught');
      expect(code).toBe(0);
    });
  },
);
