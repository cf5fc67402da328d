import { describe, expect, test } from 'vitest';
import { canRunLocally } from '../cli/meshproof.ts';
import { ownChanging } from './changing.ts';

describe.skipIf(!canRunLocally)('changes under live traffic that lose RPCs', () => {
  const { change } = ownChanging('test-traffic-lossy');

  test('a gateway that drains for a second loses RPCs, and they are found and named', async () => {
    const { code, result, stderr } = await change('--prove');
    expect(result, stderr).toMatchObject({ sabotage: 'terminationDrainDuration: 1s', caught: true });
    expect(code).toBe(0);
    const slow = result.account.lost.filter(({ kind }) => kind === 'unary');
    expect(slow.length).toBeGreaterThan(0);
    // Some are lost before they get to a server, others while it works on them.
    expect(slow.some(({ pods }) => pods.length > 0)).toBe(true);
  });
});
