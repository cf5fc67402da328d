import { describe, expect, test } from 'vitest';
import { seedOf, shuffled } from '../../src/conformance/shuffled.ts';

const things = Array.from({ length: 50 }, (_, i) => i);

describe('an order by a seed', () => {
  test('is the same for the same seed, and another one for another', () => {
    expect(shuffled(things, 7)).toEqual(shuffled(things, 7));
    expect(shuffled(things, 7)).not.toEqual(shuffled(things, 8));
    expect(shuffled(things, 7)).not.toEqual(things);
  });

  test('loses nothing and adds nothing', () => {
    for (const seed of [0, 1, 4_294_967_295]) {
      expect(shuffled(things, seed).toSorted((a, b) => a - b)).toEqual(things);
    }
  });

  test('without a seed is the one they have', () => {
    expect(shuffled(things, undefined)).toBe(things);
  });
});

test.each(['', ' ', '-1', '1.5', 'seven', '4294967296'])('"%s" is no seed', (text) => {
  expect(() => seedOf(text)).toThrow(/whole number from 0 to 4294967295/);
});
