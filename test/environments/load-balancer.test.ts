import { expect, test } from 'vitest';
import { allocateFrom } from '../../src/environments/load-balancer.ts';

test('the lowest free address is given, and none twice', () => {
  const allocate = allocateFrom('10.0.0');
  const taken = new Set<string>();
  for (let host = 1; host < 255; host++) {
    const address = allocate(taken);
    expect(address).toBe(`10.0.0.${host}`);
    taken.add(address!);
  }
  expect(allocate(taken)).toBeUndefined();
  taken.delete('10.0.0.7');
  expect(allocate(taken)).toBe('10.0.0.7');
});
