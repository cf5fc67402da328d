import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Ajv from 'ajv-draft-04';
import formats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { lint } from '../../src/lint/lint.ts';
import { readPaths } from '../../src/lint/read/paths.ts';
import { RULES } from '../../src/lint/rules/index.ts';
import type { Finding } from '../../src/lint/rule.ts';
import { sarif } from '../../src/report/sarif.ts';
import { SURROUNDINGS } from './surroundings.ts';

/** The OASIS schema of SARIF 2.1.0 (errata 01), as it stands. */
const schema = JSON.parse(
  await readFile(join(import.meta.dirname, 'sarif-schema-2.1.0.json'), 'utf8'),
) as object;

const ajv = new Ajv.default({ strict: false, allErrors: true });
formats.default(ajv);
const validate = ajv.compile(schema);

/** What the schema says against a log; nothing where it is valid. */
function complaints(log: object): unknown[] {
  validate(JSON.parse(JSON.stringify(log)));
  return validate.errors ?? [];
}

async function examples(): Promise<Finding[]> {
  const { sets } = await readPaths([join(import.meta.dirname, 'examples')], process.stdin, false);
  return sets.flatMap((objects) => lint(objects, SURROUNDINGS));
}

describe('SARIF', () => {
  test('a log with findings of many rules is valid', async () => {
    const findings = await examples();
    expect(new Set(findings.map(({ rule }) => rule)).size).toBeGreaterThan(25);
    expect(complaints(sarif(findings, RULES, '1.2.3'))).toEqual([]);
  });

  test('so is one without findings', () => {
    expect(complaints(sarif([], RULES, '1.2.3'))).toEqual([]);
  });

  test("and one with istioctl's, and with objects that stand in no file", () => {
    const foreign: Finding = {
      rule: 'istioctl/IST0101',
      severity: 'note',
      title: 'istioctl analyze: IST0101',
      message: 'Referenced gateway not found',
      why: '',
      fix: '',
      links: ['https://istio.io/latest/docs/reference/config/analysis/ist0101/'],
      object: 'VirtualService default/x',
      field: '',
      related: [{ message: 'elsewhere', object: 'Gateway default/y' }],
    };
    const log = sarif([foreign], RULES, '1.2.3') as { runs: { results: { ruleIndex: number }[] }[] };
    expect(complaints(log)).toEqual([]);
    expect(log.runs[0]?.results[0]?.ruleIndex).toBe(RULES.length);
  });

  test('the validator does see a fault', () => {
    expect(complaints({ version: '2.1.0', runs: [{ tool: {} }] })).not.toEqual([]);
  });
});
