import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trafficSchema } from '../../src/report/traffic/schema.ts';
import type { ChangeResult } from '../../src/traffic/run-change.ts';
import { canRunLocally, meshproof } from '../cli/meshproof.ts';
import { ownMesh } from '../cli/own-mesh.ts';

const NAME = 'test-traffic';

describe.skipIf(!canRunLocally)('changes under live traffic', () => {
  const mesh = ownMesh(NAME);
  const change = async (...more: readonly string[]) => {
    const out = ['--out', join(mesh.folder, 'out'), '--json'];
    const args = ['traffic', '--reuse', '--name', NAME, '--change', 'gateway-rollout', ...out, ...more];
    const { code, stdout, stderr } = await meshproof(args);
    expect(stdout, stderr).not.toBe('');
    return { code, stderr, result: (JSON.parse(stdout) as ChangeResult[])[0]! };
  };

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

  test('one that drains for a second loses RPCs, and they are found and named', async () => {
    const { code, result, stderr } = await change('--prove');
    expect(result, stderr).toMatchObject({ sabotage: 'terminationDrainDuration: 1s', caught: true });
    expect(code).toBe(0);
    const slow = result.account.lost.filter(({ kind }) => kind === 'unary');
    expect(slow.length).toBeGreaterThan(0);
    // Some are lost before they get to a server, others while it works on them.
    expect(slow.some(({ pods }) => pods.length > 0)).toBe(true);
  });
});
