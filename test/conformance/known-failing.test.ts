import { describe, expect, test } from 'vitest';
import {
  type KnownFailing,
  type RunningOn,
  inTheLightOf,
  parseKnownFailing,
} from '../../src/conformance/known-failing.ts';
import type { Outcome } from '../../src/conformance/outcomes.ts';
import type { CaseResult } from '../../src/conformance/result.ts';
import { UsageError } from '../../src/errors.ts';
import { suites } from '../../suites/index.ts';

const all = suites.flatMap(({ cases }) => cases);
const parse = (text: string) => parseKnownFailing(text, 'the list x.yaml', all);

describe('a list of cases that are known to fail', () => {
  test('is YAML: pattern and reason, and what it is for', () => {
    expect(
      parse(`
- pattern: S6
  because: https://github.com/istio/istio/issues/1
- pattern: '**'
  istio: '>=1.29 <1.31'
  envoy: '<1.37'
  environment: [kind, cluster]
  because: a reason
`),
    ).toHaveLength(2);
    expect(parse('# nothing yet\n')).toEqual([]);
  });

  test.each([
    ['- pattern: [', 'is not valid YAML'],
    ['pattern: S6', 'is no list of cases'],
    ['- pattern: S6', '[0].because'],
    ['- {pattern: S6, because: "  "}', 'must say why'],
    ['- {pattern: S6, because: x, istio: ~1.29}', '[0].istio: is no range of versions'],
    ['- {pattern: S6, because: x, since: 1.29}', 'since'],
    ['- {pattern: S6, because: x, environment: moon}', '[0].environment'],
    ['- {pattern: no/such, because: x}', 'no case matches "no/such"'],
    ['- {pattern: no/such, because: x, istio: "1.0"}', 'no case matches "no/such"'],
  ])('%s: an error that says what is wrong with it', (text, said) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(said);
    expect(() => parse(text)).toThrow('the list x.yaml');
  });
});

describe('what became of a case, in the light of a list', () => {
  const on: RunningOn = { environment: 'local', istio: '1.31.0-eed52ebb66ad', envoy: '1.40.0' };
  const entry = (more: Partial<KnownFailing> = {}): KnownFailing => ({
    pattern: 'a/**',
    because: 'issue 1',
    ...more,
  });
  const ended = (outcome: Outcome, name = 'a/b'): CaseResult => ({
    ...{ name, row: 'S4', title: 'x', environment: 'local', configuration: 'x', client: 'grpc-js' },
    ...{ outcome, durationMs: 1, mismatches: [] },
    ...(outcome === 'skipped' || outcome === 'could-not-run' ? { reason: 'its own' } : {}),
  });
  const seen = (list: KnownFailing[], outcome: Outcome, name?: string) => {
    const result = inTheLightOf(list, on)(ended(outcome, name));
    return [result.outcome, result.reason];
  };

  test.each([
    ['failed', ['known-failing', 'issue 1']],
    ['passed', ['unexpectedly-passed', 'issue 1']],
    ['skipped', ['skipped', 'its own']],
    ['could-not-run', ['could-not-run', 'its own']],
  ] as const)('listed, it %s', (outcome, expected) => expect(seen([entry()], outcome)).toEqual(expected));

  test('a case that no pattern matches stays as it is', () => {
    expect(seen([entry()], 'failed', 'b/c')).toEqual(['failed', undefined]);
    expect(seen([entry({ pattern: 'S4' })], 'failed', 'b/c')).toEqual(['known-failing', 'issue 1']);
  });

  test.each([
    [{ istio: '1.31' }, true],
    [{ istio: '<1.31' }, false],
    [{ envoy: '1.40.0' }, true],
    [{ envoy: '1.36' }, false],
    [{ istio: '1.31', envoy: '1.36' }, false],
    [{ environment: 'kind' }, false],
    [{ environment: ['kind', 'local'] }, true],
  ] as const)('an entry for %j counts here: %s', (limits, counts) => {
    const list = [entry({ ...limits } as Partial<KnownFailing>)];
    expect(seen(list, 'failed')[0]).toBe(counts ? 'known-failing' : 'failed');
  });

  test('of several entries the first that counts gives the reason', () => {
    const list = [entry({ envoy: '1.36' }), entry({ because: 'issue 2' }), entry({ because: 'issue 3' })];
    expect(seen(list, 'failed')).toEqual(['known-failing', 'issue 2']);
  });
});
