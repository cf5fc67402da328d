import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseVersionRange } from '../../src/conformance/version-range.ts';

const includes = (range: string, version: string) => parseVersionRange(range)?.includes(version);

describe('a range of versions', () => {
  test.each([
    ['1.31.0', '1.31.0', true],
    ['1.31', '1.31.4', true],
    ['1.31', '1.3.1', false],
    ['=1.31.0', '1.31.1', false],
    ['>=1.29 <1.31', '1.30.9', true],
    ['>=1.29 <1.31', '1.31.0', false],
    ['>=1.29 <1.31', '1.9.0', false],
    ['>1.30', '1.30.5', false],
    ['>1.30', '1.31.0', true],
    ['<=1.30', '1.30.5', true],
    ['<1.30 || 1.33', '1.33.1', true],
    ['<1.30 || 1.33', '1.31.0', false],
    ['>=1.31', '1.31.0-eed52ebb66ad', true],
    ['<1.31', '1.31.0-eed52ebb66ad', false],
    ['2', '2.0', true],
  ])('%s includes %s: %s', (range, version, expected) => expect(includes(range, version)).toBe(expected));

  test.each(['', '||', '1.x', '>= 1.29', '~1.29', '^1.2.3', '1.2.3.4', '>=', '1.29,1.30', '1.29 || '])(
    '%j is none',
    (text) => expect(parseVersionRange(text)).toBeUndefined(),
  );

  test('what is below a limit is not at or above it', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(40), fc.nat(9)).map((parts) => parts.join('.'));
    const limit = fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(version, limit, (of, than) => {
        expect(includes(`<${than}`, of)).toBe(!includes(`>=${than}`, of));
        expect(includes(`>${than}`, of)).toBe(!includes(`<=${than}`, of));
        expect(includes(than, of)).toBe(includes(`>=${than} <=${than}`, of));
      }),
    );
  });
});
