import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../src/bench/bring-up.ts';
import { figuresOf as tapFigures, tap } from '../../src/bench/tap.ts';
import { keepFigures } from '../../src/bench/results.ts';
import { measured } from '../../src/bench/statistics.ts';
import { UsageError } from '../../src/errors.ts';
import { startCommand } from '../cli/meshproof.ts';
import { temporaryFolder } from '../toolchain/workplace.ts';

const bench = (...args: string[]) =>
  startCommand('npm', ['run', '--silent', 'bench', '--', ...args]).finished;

describe('npm run bench', () => {
  test('--help names every bench', async () => {
    const { code, stdout } = await bench('--help');
    expect(stdout).toMatch(/^ +bring-up /m);
    expect(stdout).toMatch(/^ +tap /m);
    expect(stdout).toContain('Examples:');
    expect(code).toBe(0);
  });

  test.each([
    [['bring-up', '--rounds', '0'], 'It must be a whole number from 1 to 100.'],
    [['no-such'], "unknown command 'no-such'"],
  ])('%j: exit 2, one clear message', async (args, said) => {
    const { code, stdout, stderr } = await bench(...args);
    expect(stderr).toContain(said);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

test('a bench writes its own key, and leaves the others and the folder as they are', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'results.json');
  await keepFigures(file, 'tap', { cost: 1 });
  await keepFigures(file, 'bringUp', { local: 2 });
  await keepFigures(file, 'tap', { cost: 3 });
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ bringUp: { local: 2 }, tap: { cost: 3 } });
  expect(await readdir(folder)).toEqual(['results.json']);
});

test.each(['{', '[]', '"x"'])('a file that holds %s is not overwritten', async (content) => {
  const file = join(await temporaryFolder(), 'results.json');
  await writeFile(file, content);
  await expect(keepFigures(file, 'tap', {})).rejects.toThrow(UsageError);
  expect(await readFile(file, 'utf8')).toBe(content);
});

test('the median is in the middle', () => {
  expect(measured([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, values: [3, 1, 2] });
  expect(measured([4, 1]).median).toBe(2.5);
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1 }), (values) => {
      const { median, min, max } = measured(values);
      expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2);
      expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
    }),
  );
});

test('bring-up: medians in seconds, how often kind takes as long, and the steps', () => {
  const round = (seconds: number, istio: number) => ({
    seconds,
    steps: [{ title: 'Istio', seconds: istio, ok: true }],
  });
  expect(
    figuresOf({ local: [round(10, 7), round(12, 9), round(11, 8)], kind: [round(44, 20)] }, { cores: 2 }),
  ).toMatchObject({
    local: 11,
    kind: 44,
    ratio: 4,
    spread: { local: { min: 10, max: 12 } },
    steps: { local: { Istio: 8 }, kind: { Istio: 20 } },
    machine: { cores: 2 },
  });
});

test('tap: the cost of each load in percent, from the two sides of each round; the worst one is named', () => {
  const window = (load: string, untapped: number, tapped: number) => ({
    load,
    transport: 'h2c' as const,
    rpcsPerSecond: { untapped, tapped },
    decodeMicroseconds: 10,
  });
  const figures = tapFigures(
    [
      window('small', 1000, 900),
      window('large', 100, 60),
      window('small', 500, 400),
      window('small', 200, 100),
    ],
    { cores: 2 },
  );
  expect(figures).toMatchObject({
    worst: { name: 'large, h2c', costPercent: 40 },
    loads: [
      { name: 'small, h2c', untapped: { median: 500 }, costPercent: { median: 20, min: 10, max: 50 } },
      { name: 'large, h2c', costPercent: { median: 40 } },
    ],
    machine: { cores: 2 },
  });
  expect(tap.conclude(figures)).toMatch(/^the taps cost 40\.0 % .* at most \(large, h2c\), more than 30 %\n/);
});
