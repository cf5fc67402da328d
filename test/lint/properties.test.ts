import fc from 'fast-check';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describe, expect, test } from 'vitest';
import { Field } from '../../src/lint/field.ts';
import { lint } from '../../src/lint/lint.ts';
import { readProtos } from '../../src/lint/protos.ts';
import { parseDocuments } from '../../src/lint/read/documents.ts';
import { Collector } from '../../src/lint/read/reading.ts';
import { SURROUNDINGS } from './surroundings.ts';

const EXAMPLES = join(import.meta.dirname, 'examples');
const methods = await readProtos([join(import.meta.dirname, 'shop.proto')]);
const surroundings = { ...SURROUNDINGS, methods };

/** Objects that rules do look into: those of the examples. */
const objects = (
  await Promise.all(
    (await readdir(EXAMPLES)).map(async (file) =>
      parseAllDocuments(await readFile(join(EXAMPLES, file), 'utf8')),
    ),
  )
)
  .flat()
  .map((document) => document.toJS() as unknown);

/** What a user may have put in a field's place. */
const anything = fc.oneof(
  fc.constantFrom(
    null,
    '',
    0,
    -1,
    true,
    [],
    {},
    [null],
    [[]],
    { '': null },
    'mesh',
    '*',
    '[',
    '/',
    '0s',
    '__proto__',
  ),
  fc.anything({ maxDepth: 3 }),
);

/** One of the examples' objects with some fields replaced by anything. */
const broken = fc
  .tuple(fc.constantFrom(...objects), fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 4 }))
  .map(([object, changes]) => {
    let value = object;
    for (const [which, replacement] of changes) {
      const paths = [...new Field({ value }).descendants()].map(({ path }) => path);
      value = replaced(value, paths[which % paths.length] ?? [], replacement);
    }
    return value;
  });

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === key ? replaced(item, rest, by) : item));
  const entries = Object.entries(value as object).map(([name, item]) => [
    name,
    name === key ? replaced(item, rest, by) : (item as unknown),
  ]);
  return Object.fromEntries(entries) as unknown;
}

describe('rules bear whatever is in an object', () => {
  test('objects with fields of any kind', () => {
    fc.assert(
      fc.property(fc.array(broken, { maxLength: 4 }), (values) => {
        lint(
          values.map((value) => ({ value })),
          surroundings,
        );
      }),
      { numRuns: 200 },
    );
  });

  test('anything at all', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 4 }), (values) => {
        lint(
          values.map((value) => ({ value })),
          surroundings,
        );
      }),
    );
  });

  test('they change nothing, and say the same again', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...objects), { maxLength: 8 }), (values) => {
        const before = JSON.stringify(values);
        const once = lint(
          values.map((value) => ({ value })),
          surroundings,
        );
        expect(
          lint(
            values.map((value) => ({ value })),
            surroundings,
          ),
        ).toEqual(once);
        expect(JSON.stringify(values)).toBe(before);
      }),
      { numRuns: 50 },
    );
  });
});

describe('places', () => {
  test('every field of every example stands where its key and value are', async () => {
    for (const file of await readdir(EXAMPLES)) {
      const text = await readFile(join(EXAMPLES, file), 'utf8');
      const lines = text.split('\n');
      for (const document of parseDocuments({ name: file, text }, new Collector())) {
        for (const field of new Field(document).descendants()) {
          const key = field.path.at(-1);
          const at = field.location;
          if (typeof key !== 'string' || !at) continue;
          const shown = (lines[at.line - 1] ?? '').slice(at.column - 1);
          // An alias stands where it is anchored.
          expect(
            shown.replace(/^['"]/, '').startsWith(key),
            `${file}:${at.line}:${at.column} ${field.pathText}`,
          ).toBe(true);
        }
      }
    }
  });

  test('no text makes reading fail', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'a',
            'b',
            ':',
            '-',
            ' ',
            '\n',
            '{',
            '}',
            '[',
            ']',
            ',',
            '&',
            '*',
            '#',
            '|',
            '>',
            '"',
            "'",
            '%',
            '?',
            '!',
            '~',
            '\t',
          ),
        }),
        (text) => {
          const collector = new Collector();
          for (const document of parseDocuments({ name: 'x', text }, collector)) {
            for (const field of new Field(document).descendants())
              expect(field.location?.line).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
