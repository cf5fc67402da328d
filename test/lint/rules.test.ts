import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lint } from '../../src/lint/lint.ts';
import { readProtos } from '../../src/lint/protos.ts';
import { readObjects } from '../../src/lint/read/documents.ts';
import { Collector } from '../../src/lint/read/reading.ts';
import { RULES } from '../../src/lint/rules/index.ts';
import { SURROUNDINGS } from './surroundings.ts';

const EXAMPLES = join(import.meta.dirname, 'examples');
const methods = await readProtos([join(import.meta.dirname, 'shop.proto')]);

/** `# <- rule-id` behind a line says what is found there. */
const expected = (text: string): string[] =>
  text.split('\n').flatMap((line, index) => {
    const rule = /# <- ([\w-]+)$/.exec(line)?.[1];
    return rule === undefined ? [] : [`${index + 1} ${rule}`];
  });

/** The lines of all findings of all rules, so that an example for one says that the others are quiet. */
function found(text: string, istioVersion = SURROUNDINGS.istioVersion): string[] {
  const objects = readObjects({ name: 'example.yaml', text }, new Collector());
  return lint(objects, { ...SURROUNDINGS, istioVersion, methods })
    .map(({ location, rule }) => `${location?.line ?? 0} ${rule}`)
    .sort((one, other) => Number.parseInt(one) - Number.parseInt(other));
}

describe('each rule finds what its examples mark, at that line, and nothing else', () => {
  test('every rule has examples', async () => {
    const files = (await readdir(EXAMPLES)).map((file) => file.replace('.yaml', ''));
    expect(files.sort()).toEqual(RULES.map(({ id }) => id).sort());
  });

  test.each(RULES.map(({ id }) => id))('%s', async (id) => {
    const text = await readFile(join(EXAMPLES, `${id}.yaml`), 'utf8');
    const marked = expected(text);
    expect(marked.some((line) => line.endsWith(` ${id}`))).toBe(true);
    expect(found(text)).toEqual(marked);
  });

  test('a timeout of 0s is not refused by releases of old', async () => {
    const text = await readFile(join(EXAMPLES, 'zero-timeout.yaml'), 'utf8');
    expect(found(text, '1.23.4')).toEqual([]);
    expect(found(text, '1.24')).not.toEqual([]);
  });

  test('what streams is known by protos alone', async () => {
    const text = await readFile(join(EXAMPLES, 'streaming-timeout.yaml'), 'utf8');
    expect(lint(readObjects({ name: 'x', text }, new Collector()), SURROUNDINGS)).toEqual([]);
  });

  test('a rule that is disabled is silent', async () => {
    const text = await readFile(join(EXAMPLES, 'service-prefix.yaml'), 'utf8');
    const objects = readObjects({ name: 'x', text }, new Collector());
    expect(lint(objects, SURROUNDINGS)).not.toEqual([]);
    expect(lint(objects, SURROUNDINGS, new Set(['service-prefix']))).toEqual([]);
  });
});

describe('each rule', () => {
  test.each(RULES)(
    '$id says why, what to do, and where that is written',
    ({ id, title, why, fix, links }) => {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      for (const text of [title, why, fix]) expect(text.length).toBeGreaterThan(10);
      expect(links.length).toBeGreaterThan(0);
      for (const link of links) expect(new URL(link).protocol).toBe('https:');
    },
  );
});
