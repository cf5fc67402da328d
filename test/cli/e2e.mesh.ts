import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeMismatch } from '../../src/conformance/judge.ts';
import { ROW_IDS } from '../../src/conformance/outcomes.ts';
import { compareReports } from '../../src/report/diff/compare.ts';
import type { Report } from '../../src/report/schema.ts';
import { readReport } from '../../src/report/write.ts';
import { type Finished, ROOT, canRunLocally, leftovers, meshproof, startCommand } from './meshproof.ts';

const NAME = 'test-e2e';

/** A family of each row; the nightly's whole list takes as long again. */
const TAPPED = [
  'tls-gateway/rpc/**',
  'http-routes/catch-all/**',
  'h2c/rpc/**',
  'routing/path/**',
  'streaming/long/**',
  'retries/default/**',
  'grpc-web/translated/**',
  'grpc-web/native/**',
  'cors/call/**',
  'grpcurl/say-hello/**',
  'explicit-protocol/rpc/**',
  'fidelity/status/**',
  'fidelity/size/**',
  'mutual-tls/turned-away/*/none',
  'protocol-matrix/*/http-1.1/**',
];

describe.skipIf(!canRunLocally)('the main job', () => {
  let out: string;
  let run: Finished;
  let report: Report;

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'meshproof-e2e-'));
    const args = ['run', 'e2e', '--', '--name', NAME, '--keep', '--images', 'built', '--out', out];
    run = await startCommand('npm', args).finished;
    process.stdout.write(run.stderr);
    report = await readReport(join(out, 'report.json'));
  });

  afterAll(async () => {
    await meshproof(['down', '--name', NAME]);
    expect(await leftovers(NAME)).toEqual([]);
    await rm(out, { recursive: true, force: true });
  });

  test('every case of every row passes, save those that need Docker: exit 0', () => {
    const needDocker = report.cases.filter(({ reason }) => reason === 'the environment has no docker');
    expect(needDocker.map(({ outcome }) => outcome)).toEqual(needDocker.map(() => 'skipped'));
    const others = report.cases.filter((each) => each.outcome !== 'passed' && !needDocker.includes(each));
    expect(
      others.map(({ name, outcome, reason, mismatches }) => [
        `${name}: ${outcome} ${reason ?? ''}`,
        ...mismatches.map(describeMismatch),
      ]),
    ).toEqual([]);
    expect(report.verdict).toBe('conformant');
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('Conformant');
  });

  test('at least 80 cases, at least three for each row', () => {
    expect(report.planned).toBeGreaterThanOrEqual(80);
    expect(report.cases).toHaveLength(report.planned);
    const perRow = Object.fromEntries(
      ROW_IDS.map((row) => [row, report.cases.filter((each) => each.row === row).length]),
    );
    for (const row of ROW_IDS)
      expect(perRow[row], `${row} of ${JSON.stringify(perRow)}`).toBeGreaterThanOrEqual(3);
  });

  test('the report says what it stands on', async () => {
    expect(report.environment).toMatchObject({ kind: 'local', name: NAME });
    for (const part of [
      'istio',
      'envoy',
      'envoy build',
      'kubernetes',
      'node',
      '@grpc/grpc-js',
      'undici',
      'grpcurl',
    ]) {
      expect(report.versions[part], part).toMatch(/\d/);
      expect(report.versions[part], part).not.toContain('unknown');
    }
    expect(report.dataPlane?.stock).toBe(true);
    expect(report.dataPlane?.switches.join()).toContain('PILOT_ENABLE_METADATA_EXCHANGE');
    expect(report.steps.map(({ title }) => title)).toEqual(
      expect.arrayContaining(['Kubernetes control plane', 'Node', 'Istio', 'Sample services', 'Suites']),
    );
    for (const file of ['report.html', 'junit.xml', 'logs/kubelet.log', 'logs/kube-apiserver.log']) {
      await expect(access(join(out, file)), file).resolves.toBeUndefined();
    }
    expect(await readFile(join(out, 'junit.xml'), 'utf8')).toContain(`tests="${report.planned}"`);
  });

  test('cases listed as known to fail must fail: then they are known failing, else unexpectedly passed', async () => {
    const list = join(out, 'known-failing.yaml');
    const patch = join(out, 'wrong-destination.yaml');
    const listed = 'routing/path/user-service/tls/unary';
    await writeFile(
      list,
      `- pattern: ${listed}\n  because: issue 1\n- pattern: S10\n  istio: '<1.0'\n  because: issue 2\n`,
    );
    // Its route is the first one.
    const removal = 'patch: |\n  - {op: remove, path: /spec/http/0}\n';
    await writeFile(patch, `target: {kind: VirtualService, name: grpc-routing}\n${removal}`);
    const known = ['run', '--reuse', '--name', NAME, '--only', listed, '--known-failing', list];
    const [passed, failed] = [join(out, 'listed-passed'), join(out, 'listed-failed')];
    const history = join(out, 'nightly.jsonl');
    const passing = await meshproof([...known, '--out', passed, '--history', history]);
    const failing = await meshproof([...known, '--out', failed, '--patch', patch]);
    expect((await readReport(join(passed, 'report.json'))).cases).toMatchObject([
      { outcome: 'unexpectedly-passed', reason: 'issue 1' },
    ]);
    expect(passing.stderr).toContain('take it off the list');
    expect(passing.code).toBe(1);
    expect((await readReport(join(failed, 'report.json'))).cases).toMatchObject([
      { outcome: 'known-failing', reason: 'issue 1' },
    ]);
    expect(failing.stderr).toContain('issue 1');
    expect(failing.code).toBe(0);
    expect(await readFile(join(failed, 'report.md'), 'utf8')).toContain('issue 1');

    const later = [
      'run',
      '--reuse',
      '--name',
      NAME,
      '--only',
      listed,
      '--patch',
      patch,
      '--history',
      history,
    ];
    const baseline = ['--baseline', join(passed, 'report.json')];
    const regressed = await meshproof([...later, ...baseline, '--out', join(out, 'regressed')]);
    expect(regressed.stderr).toContain('Since the baseline:');
    expect(regressed.stderr).toContain('unexpectedly passed → ✗ failed');
    expect(regressed.code).toBe(1);
    const told = await meshproof(['history', history]);
    expect(told.stdout).toContain('2 runs from');
  });

  test('tapped on both legs, cases end as they do without taps', async () => {
    const tapped = join(out, 'tapped');
    const chosen = TAPPED.flatMap((pattern) => ['--only', pattern]);
    const { code, stderr } = await meshproof([
      ...['run', '--reuse', '--name', NAME, '--tap', '--out', tapped],
      ...[...chosen, '--baseline', join(out, 'report.json')],
    ]);
    expect(code, stderr).toBe(0);
    const after = await readReport(join(tapped, 'report.json'));
    expect(compareReports(report, after).outcomes.filter((change) => change.after !== 'absent')).toEqual([]);
    const rpcs = after.cases.filter(({ outcome, rpcKind }) => outcome === 'passed' && rpcKind !== undefined);
    expect(rpcs.length).toBeGreaterThan(100);
    expect(rpcs.filter(({ frames }) => frames === undefined).map(({ name }) => name)).toEqual([]);
  });

  test('each judged field of each passing record, flipped, gives exactly that mismatch', async () => {
    const vitest = join(ROOT, 'node_modules', '.bin', 'vitest');
    const flips = await startCommand(
      vitest,
      ['run', '--project', 'unit', '--reporter', 'dot', 'test/conformance/recorded.test.ts'],
      {
        env: {
          MESHPROOF_RECORDS: join(out, 'records'),
          PATH: `${join(process.execPath, '..')}:${process.env.PATH ?? ''}`,
        },
      },
    ).finished;
    expect(flips.code, flips.stdout).toBe(0);
    expect(flips.stdout).not.toMatch(/skipped/);
  });
});
