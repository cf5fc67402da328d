import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readReport } from '../../src/report/write.ts';
import { ROOT, canRunLocally, meshproof } from './meshproof.ts';
import { clusterOf } from './on-cluster.ts';
import { ownMesh } from './own-mesh.ts';

const NAME = 'test-cluster';
/** Of every row that a few cases of it show the whole way. */
const CHOSEN = ['http-routes/catch-all/**', 'routing/path/health/**', 'seed/**', 'tls-gateway/sni/**'];

const { inside, onCluster, state } = clusterOf(NAME);

describe.skipIf(!canRunLocally)('--env cluster, on a mesh whose access log has another format', () => {
  const mesh = ownMesh(
    NAME,
    '--set',
    'meshConfig.accessLogEncoding=TEXT',
    '--set',
    'meshConfig.accessLogFormat=',
  );
  let before: string;
  const chosen = CHOSEN.flatMap((pattern) => ['--only', pattern]);

  beforeAll(async () => {
    before = await state();
  });

  test('without the label it is refused, with the command that sets it', async () => {
    const { code, stderr } = await onCluster('run', ...chosen, '--out', mesh.folder);
    expect(stderr).toContain('label namespace default meshproof.dev/fit=true');
    expect(code).toBe(2);
    expect(await state()).toBe(before);
  });

  test('--dry-run lists what would be applied, and applies nothing', async () => {
    const { code, stdout, stderr } = await onCluster('run', ...chosen, '--allow-unlabelled', '--dry-run');
    expect(stderr).not.toContain('meshproof:');
    expect(stdout).toContain('Namespace meshproof\n');
    expect(stdout).toContain('EnvoyFilter istio-system/meshproof-access-log\n');
    expect(stdout).toContain('VirtualService meshproof/grpc-vs\n');
    expect(code).toBe(0);
    expect(await state()).toBe(before);
  });

  test('an unprivileged user is told what is missing, and nothing is applied', async () => {
    const weak = join(mesh.folder, 'weak.json');
    const made = await inside(`set -e
kubectl create serviceaccount weak >/dev/null
kubectl create clusterrole weak --verb=get,list --resource=namespaces,pods >/dev/null
kubectl create clusterrolebinding weak --clusterrole=weak --serviceaccount=default:weak >/dev/null
kubectl create token weak`);
    const { clusters, contexts } = JSON.parse(
      (await meshproof(['kubeconfig', '--name', NAME, '--json'])).stdout,
    ) as { clusters: unknown; contexts: { name: string; context: { cluster: string } }[] };
    const [context] = contexts;
    await writeFile(
      weak,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters,
        users: [{ name: 'weak', user: { token: made.stdout.trim() } }],
        contexts: [{ name: 'weak', context: { cluster: context?.context.cluster, user: 'weak' } }],
        'current-context': 'weak',
      }),
    );
    const main = join(ROOT, 'src/cli/main.ts');
    const { code, stderr } = await inside(
      `node ${main} run --env cluster --kubeconfig ${weak} --allow-unlabelled --only S4 --out ${mesh.folder}`,
    );
    expect(stderr).toContain('"weak" may not:');
    expect(stderr).toMatch(/create, patch, delete namespaces in the cluster/);
    expect(code).toBe(2);
    expect(await state()).toBe(before);
  });

  test('marked as fit, the chosen cases pass, and all that was made is gone', async () => {
    await inside('kubectl label namespace default meshproof.dev/fit=true');
    const { code, stderr } = await onCluster('run', ...chosen, '--out', mesh.folder);
    expect(stderr).toContain('Conformant');
    expect(code).toBe(0);
    const report = await readReport(join(mesh.folder, 'report.json'));
    expect(report.environment.kind).toBe('cluster');
    expect(report.cases.length).toBeGreaterThanOrEqual(20);
    expect(report.notes.join('\n')).toContain('an EnvoyFilter of ours adds a second one');
    expect(await state()).toBe(before);
  });

  // By the node port, with all cases, is the night's (cluster.nightly.ts).
  test('the gateway is reached by an address that is given', async () => {
    const given = ['--gateway-address', '$GATEWAY_IP:443:80', '--only', 'http-routes/catch-all/**'];
    const { code, stderr } = await onCluster('run', ...given, '--out', mesh.folder);
    expect(stderr).toContain('Conformant');
    expect(code).toBe(0);
    const { environment } = await readReport(join(mesh.folder, 'report.json'));
    expect(environment.capabilities.filter((each) => /^(node|load)-/.test(each))).toEqual([]);
    expect(await state()).toBe(before);
  });

  test('what kill -9 has left is told apart, and down removes it', async () => {
    const log = join(mesh.folder, 'killed.log');
    const main = join(ROOT, 'src/cli/main.ts');
    await inside(`node ${main} run --env cluster --kubeconfig "$KUBECONFIG" --only S4 --out ${mesh.folder} 2>${log} &
child=$!
until grep -q 'First RPC' ${log}; do kill -0 $child || exit 1; sleep 0.2; done
kill -9 $child`);
    expect(await readFile(log, 'utf8')).toContain('First RPC');
    expect((await onCluster('status')).stdout).toContain('meshproof  left by a killed run');
    expect((await onCluster('down')).code).toBe(0);
    expect(await state()).toBe(before);
  });
});
