import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report/schema.ts';
import { readReport } from '../../src/report/write.ts';
import { debianRelease } from '../../src/toolchain/debian.ts';
import {
  type Finished,
  canRunLocally,
  emptyWithin,
  leftovers,
  machineState,
  meshproof,
  start,
} from './meshproof.ts';

const NAME = 'test-kind';
const KILLED = 'test-kind-killed';
/** Rows that show the whole way: TLS, h2c, routes, grpcurl. All rows together are the nightly run's. */
const ROWS = ['S1', 'S3', 'S4', 'S10'];

const canStartDocker = canRunLocally && (await debianRelease()) !== undefined;

describe.skipIf(!canStartDocker)('a kind cluster, all of it built here (needs root on Debian)', () => {
  let out: string;
  let before: Record<string, string>;
  let run: Finished;
  let report: Report;

  beforeAll(async () => {
    before = await machineState();
    out = await mkdtemp(join(tmpdir(), 'meshproof-kind-'));
    const where = ['--env', 'kind', '--images', 'built', '--name', NAME, '--out', out];
    run = await meshproof(['run', ...where, '--only', ...ROWS]);
    process.stdout.write(run.stderr);
    report = await readReport(join(out, 'report.json'));
  });

  afterAll(async () => {
    for (const name of [NAME, KILLED]) await meshproof(['down', '--name', name]);
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

  test('nothing is left, and the machine is as it was', async () => {
    expect(await leftovers(NAME)).toEqual([]);
    expect(await machineState()).toEqual(before);
  });

  test('killed while the cluster is created, it leaves nothing that the next command does not remove', async () => {
    const where = ['--env', 'kind', '--images', 'built', '--name', KILLED, '--out', join(out, 'killed')];
    const killed = start(['run', ...where, '--only', 'S10']);
    await killed.shows('Cluster (kind create)');
    killed.child.kill('SIGKILL');
    await killed.finished;
    await meshproof(['status']);
    expect(await emptyWithin(20, () => leftovers(KILLED))).toEqual([]);
    expect(await machineState()).toEqual(before);
  });
});
