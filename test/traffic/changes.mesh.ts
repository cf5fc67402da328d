import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trafficSchema } from '../../src/report/traffic/schema.ts';
import { canRunLocally } from '../cli/meshproof.ts';
import { ownChanging } from './changing.ts';

// One that loses RPCs is the night's (changes.nightly.ts).
describe.skipIf(!canRunLocally)('changes under live traffic', () => {
  const { mesh, change } = ownChanging('test-traffic');

  test('a gateway that drains long enough is replaced without losing an RPC', async () => {
    const { code, result, stderr } = await change();
    expect(result.findings, stderr).toEqual([]);
    expect(code).toBe(0);
    const { account } = result;
    expect(account.unary.answered).toBe(account.due);
    expect(account.reached).toBeGreaterThanOrEqual(account.due);
    // Each busy connection is told; the quiet ones cannot be (envoy#14350).
    expect(account.streams['cut after GOAWAY']).toBeGreaterThan(0);
    expect(account.connections.some(({ reconnectedAfterMs }) => reconnectedAfterMs !== undefined)).toBe(true);
    const page = await readFile(join(mesh.folder, 'out', 'traffic.html'), 'utf8');
    expect(page).toContain('ingress gateway replaced');
    const written: unknown = JSON.parse(await readFile(join(mesh.folder, 'out', 'traffic.json'), 'utf8'));
    expect(trafficSchema.parse(written)).toEqual(written);
  });
});
