import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { resolveScenario } from '../../src/reproduce/scenario.ts';
import { foretold, suites } from '../../suites/index.ts';
import { SCENARIOS } from '../../suites/scenarios.ts';

const cases = suites.flatMap((suite) => suite.cases);

describe('the catalogue of failures', () => {
  test('has at least 25, each with an id of its own', () => {
    expect(SCENARIOS.length).toBeGreaterThanOrEqual(25);
    expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
  });

  test.each(SCENARIOS)('$id is a case and one of its sabotages, with a foretold cause', (scenario) => {
    const { each, broken, causes } = resolveScenario(scenario, { cases, foretold });
    expect(each.name).toBe(scenario.case);
    expect(broken.name).toBe(scenario.sabotage);
    expect(causes).not.toEqual([]);
  });

  test.each(SCENARIOS)('$id says what was seen, where it was reported and what helps', (scenario) => {
    expect(scenario.class).toMatch(/^[A-L][1-9]$/);
    for (const text of [scenario.title, scenario.symptom, scenario.fix])
      expect(text.length).toBeGreaterThan(15);
    for (const each of scenario.origin) expect(each).toMatch(/^[\w./-]+#\d+$/);
  });

  test('docs/reproduce.md lists them all', () => {
    const text = readFileSync(new URL('../../docs/reproduce.md', import.meta.url), 'utf8');
    const listed = [...text.matchAll(/^\| `([\w-]+)` +\| (\w\d) +\| (.+?) +\|$/gm)].map(
      ([, id, of, title]) => ({ id, class: of, title }),
    );
    expect(listed).toEqual(SCENARIOS.map(({ id, class: of, title }) => ({ id, class: of, title })));
  });

  test.each(['reproduce', 'diagnosis'])('the commands of docs/%s.md name scenarios that exist', (name) => {
    const text = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
    const asked = [...text.matchAll(/^meshproof reproduce (?!--)(\S+)/gm)].map(([, id]) => id);
    const known = SCENARIOS.map(({ id }) => id);
    expect(asked.filter((id) => id === undefined || !known.includes(id))).toEqual([]);
    if (name === 'reproduce') expect(asked.length).toBeGreaterThan(0);
  });
});
