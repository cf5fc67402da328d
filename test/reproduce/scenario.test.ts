import { expect, test } from 'vitest';
import { catalogueText } from '../../src/reproduce/catalogue-text.ts';
import { findScenario, resolveScenario, type Scenario } from '../../src/reproduce/scenario.ts';

const some = (id: string, of: string): Scenario => ({
  id,
  class: of,
  title: 'a title',
  symptom: 'a symptom',
  origin: ['istio#1'],
  case: 'some/case',
  sabotage: 'some sabotage',
  fix: 'a fix',
});
const SCENARIOS = [some('port-undeclared', 'A1'), some('port-tcp', 'A1'), some('secret-missing', 'B2')];

test('a scenario is found by its id, and by its class when that has only one', () => {
  expect(findScenario(SCENARIOS, 'port-tcp').id).toBe('port-tcp');
  expect(findScenario(SCENARIOS, 'b2').id).toBe('secret-missing');
});

test.each([
  ['A1', 'There are: port-undeclared, port-tcp.'],
  ['port', 'There are: port-undeclared, port-tcp.'],
  ['nothing', '"meshproof reproduce --list" lists them.'],
])('%s is no scenario, and what there is is said', (wanted, hint) => {
  expect(() => findScenario(SCENARIOS, wanted)).toThrow(`there is no scenario "${wanted}"`);
  expect(() => findScenario(SCENARIOS, wanted)).toThrow(expect.objectContaining({ hint }) as Error);
});

test('a scenario without its case is refused', () => {
  const nothing = { cases: [], foretold: () => undefined };
  expect(() => resolveScenario(some('a', 'A1'), nothing)).toThrow('needs the case some/case');
});

test('the list is folded to the width of the terminal', () => {
  const long = { ...some('long', 'C1'), symptom: 'word '.repeat(60).trim() };
  const lines = catalogueText([long], 70).split('\n');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(70);
  expect(lines.join(' ').match(/word/g)).toHaveLength(60);
  expect(lines.at(-2)).toContain('1 scenarios. Reproduce one: meshproof reproduce long --fix');
});
