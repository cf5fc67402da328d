import { describe, expect, test } from 'vitest';
import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { select } from '../../src/conformance/patterns.ts';
import { planProof, planRun } from '../../src/conformance/plan.ts';
import { UsageError } from '../../src/errors.ts';
import { CONFIGURATIONS, suites } from '../../suites/index.ts';

const sabotage = (name: string, patch: string): Sabotage => ({
  name,
  change: { manifests: [patch] },
  caughtBy: 'x',
});
const someCase = (
  name: string,
  facts: Partial<Pick<Case, 'row' | 'configuration' | 'sabotages'>> = {},
): Case => ({
  name,
  row: 'S4',
  title: 'x',
  configuration: 'default',
  invocation: { client: 'configuration' },
  expectation: { configuration: [] },
  sabotages: [sabotage('x', 'x')],
  ...facts,
});
const named = (...names: string[]) => names.map((name) => someCase(name));
const namesOf = (cases: readonly Case[]) => cases.map(({ name }) => name);

describe('axes', () => {
  test('expand to their product, and the names say where a case stands', () => {
    const cases = expand({ transport: ['tls', 'h2c'], kind: ['unary', 'bidi'] }, ({ transport, kind }) => ({
      ...someCase('routing/path'),
      title: `${kind} over ${transport}`,
    }));
    expect(namesOf(cases)).toEqual([
      'routing/path/tls/unary',
      'routing/path/tls/bidi',
      'routing/path/h2c/unary',
      'routing/path/h2c/bidi',
    ]);
    expect(cases[1]?.title).toBe('bidi over tls');
  });

  test('a combination that does not exist is left out', () => {
    const cases = expand({ mode: ['a', 'b'] }, ({ mode }) => (mode === 'a' ? undefined : someCase('x/y')));
    expect(namesOf(cases)).toEqual(['x/y/b']);
  });
});

describe('patterns', () => {
  const cases = [...named('a/b/c', 'a/b/d', 'a/x/c', 'b/c'), someCase('z/z', { row: 'S1' })];
  test.each([
    ['a/b/c', ['a/b/c']],
    ['a/*/c', ['a/b/c', 'a/x/c']],
    ['a/*', []],
    ['a/**', ['a/b/c', 'a/b/d', 'a/x/c']],
    ['**/c', ['a/b/c', 'a/x/c', 'b/c']],
    ['**', ['a/b/c', 'a/b/d', 'a/x/c', 'b/c', 'z/z']],
    ['a/**/c', ['a/b/c', 'a/x/c']],
    ['*/c', ['b/c']],
    ['S1', ['z/z']],
    ['a/b/*', ['a/b/c', 'a/b/d']],
    ['a.b/c', []],
  ])('%s', (pattern, names) => {
    if (names.length === 0) expect(() => select(cases, [pattern])).toThrow(UsageError);
    else expect(namesOf(select(cases, [pattern]))).toEqual(names);
  });

  test('several add up, in the order of the cases; none is all', () => {
    expect(namesOf(select(cases, ['b/c', 'a/b/*']))).toEqual(['a/b/c', 'a/b/d', 'b/c']);
    expect(select(cases, [])).toHaveLength(5);
  });

  test('one that matches nothing is named, whatever the others match', () => {
    expect(() => select(cases, ['**', 'nope/*'])).toThrow('no case matches "nope/*"');
  });
});

describe('a plan', () => {
  const plan = (cases: Case[], only: string[] = []) => planRun([{ folder: 'f', cases }], ['default'], only);

  test('holds the chosen cases, and the folders they are in', () => {
    const planned = planRun(
      [
        { folder: 'one', cases: named('a/1') },
        { folder: 'two', cases: named('b/1', 'b/2') },
      ],
      ['default'],
      ['b/2'],
    );
    expect(namesOf(planned.cases)).toEqual(['b/2']);
    expect(planned.folders).toEqual(['two']);
  });

  test.each([
    ['a name twice', named('a/b', 'a/b'), 'two cases are called a/b'],
    ['a name that is no path', named('A b'), '"A b" is no path'],
    ['an unknown configuration', [someCase('a/b', { configuration: 'nope' })], 'configuration "nope"'],
    [
      'one name for two sabotages in a row',
      [someCase('a/b'), someCase('a/c', { sabotages: [sabotage('x', 'other')] })],
      'a/c and a/b (S4) have different sabotages called "x"',
    ],
  ])('%s is a clear error', (_what, cases, said) => {
    expect(() => plan(cases)).toThrow(said);
  });
});

describe('the suites of this project', () => {
  test('do not contradict each other', () => {
    expect(planRun(suites, Object.keys(CONFIGURATIONS), []).cases.length).toBeGreaterThan(0);
  });
});

describe('a proof', () => {
  const two = [sabotage('one', '1'), sabotage('other', '2')] as const;
  test('tries every sabotage of every case', () => {
    const cases = [someCase('a/b'), someCase('a/c', { sabotages: two }), someCase('a/b/d')];
    expect(planProof(cases, false)).toEqual({ 'a/b': ['x'], 'a/c': ['one', 'other'], 'a/b/d': ['x'] });
  });

  test('that is quick tries each sabotage on one case of each family', () => {
    const cases = [
      someCase('a/b/tls'),
      someCase('a/b/h2c', { sabotages: two }),
      someCase('a/b/text', { sabotages: two }),
      someCase('a/b/other', { configuration: 'other', sabotages: two }),
      someCase('a/c/tls'),
      { ...someCase('a/b/docker'), needs: ['docker' as const] },
    ];
    expect(planProof(cases, true)).toEqual({
      'a/b/tls': ['x'],
      'a/b/h2c': ['one', 'other'],
      'a/b/other': ['one', 'other'],
      'a/c/tls': ['x'],
      'a/b/docker': ['x'],
    });
  });
});
