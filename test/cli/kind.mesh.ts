import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report/schema.ts';
import { readReport } from '../../src/report/write.ts';
import { type Finished, aloneWithMachineState, leftovers, machineState, meshproof } from './meshproof.ts';
import { canStartDocker, clientContainers, killedDuring } from './on-kind.ts';

const NAME = 'test-kind';
/** What shows the whole way: TLS, h2c, routes, grpcurl, containers beside the cluster. All rows together are the nightly run's. */
const ROWS = [
  'tls-gateway/rpc/**',
  'h2c/rpc/**',
  'routing/path/user-service/**',
  'S10',
  'load-balancer/**',
  'gateway-api/method/**',
];

describe.skipIf(!canStartDocker)('a kind cluster, all of it built here (needs root on Debian)', () => {
  aloneWithMachineState();
  let out: string;
  let before: Record<string, string>;
  let run: Finished;
  let report: Report;

  beforeAll(async () => {
    before = await machineState();
    out = await mkdtemp(join(tmpdir(), 'meshproof-kind-'));
    const where = ['--env', 'kind', '--images', 'built', '--name', NAME, '--out', out];
    run = await meshproof(['run', ...where, '--keep', '--only', ...ROWS]);
    process.stdout.write(run.stderr);
    report = await readReport(join(out, 'report.json'));
  });

  afterAll(async () => {
    await meshproof(['down', '--name', NAME]);
    await rm(out, { recursive: true, force: true });
  });

  test('the cases that local has all pass: exit 0', async () => {
    const listed = await meshproof(['list', '--only', ...ROWS, '--json']);
    const names = (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(60);
    expect(report.cases.map(({ name }) => name).sort()).toEqual(names.sort());
    const others = report.cases.filter(({ outcome }) => outcome !== 'passed');
    expect(others.map(({ name, outcome, reason }) => `${name}: ${outcome} ${reason ?? ''}`)).toEqual([]);
    expect(run.code).toBe(0);
  });

  test('the report says that it was kind, and how long each step took', () => {
    expect(report.environment).toMatchObject({ kind: 'kind', name: NAME });
    expect(report.environment.capabilities).toContain('load-balancer-address');
    expect(report.images?.source).toBe('built');
    const steps = report.steps.map(({ title }) => title);
    expect(steps).toEqual(
      expect.arrayContaining(['Cluster (kind create)', 'Images into the node', 'Istio', 'Suites']),
    );
  });

  test('clients in containers and load balancers were among them, and none of their containers is left', async () => {
    const clients = new Set(report.cases.map(({ client }) => client));
    expect(clients).toContain('grpc-go');
    expect(report.cases.filter(({ name }) => name.startsWith('load-balancer/')).length).toBeGreaterThan(10);
    expect(await clientContainers(NAME)).toMatchObject({ code: 0, stdout: '' });
  });

  test('prove catches a balancer that is configured otherwise', async () => {
    const proving = await meshproof([
      ...['prove', '--env', 'kind', '--reuse', '--name', NAME, '--out', out, '--json'],
      'load-balancer/*/grpc-go/**',
    ]);
    const proof = JSON.parse(proving.stdout) as { planned: number; caught: number; skipped: number };
    expect(proof.planned).toBeGreaterThan(5);
    expect(proof).toMatchObject({ caught: proof.planned, skipped: 0 });
    expect(proving.code, proving.stderr).toBe(0);
  });

  test('after down nothing is left, and the machine is as it was', async () => {
    expect((await meshproof(['down', '--name', NAME])).code).toBe(0);
    expect(await leftovers(NAME)).toEqual([]);
    expect(await machineState()).toEqual(before);
  });

  // Any other step is the night's (kind-killed.nightly.ts).
  test('killed while the cluster is created it leaves nothing that down --all does not remove', () =>
    killedDuring('Cluster (kind create)'));
});
