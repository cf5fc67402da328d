import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meshproofHome } from '../../src/paths.ts';
import type { Report } from '../../src/report/schema.ts';
import {
  ROOT,
  aloneWithMachineState,
  canRunLocally,
  emptyWithin,
  leftoverProcesses,
  leftovers,
  machineState,
  meshproof,
  start,
  startCommand,
} from './meshproof.ts';

const A = 'test-a';
const B = 'test-b';
const inside = (name: string, script: string) =>
  meshproof(['exec', '--name', name, '--', 'sh', '-c', script]);

/** Values no default has, so that a write to them is seen. */
const SYSCTLS = { 'vm/overcommit_memory': '2', 'kernel/panic': '7', 'kernel/panic_on_oops': '0' };

describe.skipIf(!canRunLocally)('local meshes', () => {
  aloneWithMachineState();
  let folder: string;
  let before: Record<string, string>;
  const restore = new Map<string, string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-lifecycle-'));
    // A value of 2 would refuse memory to everyone; 0 and 1 are told apart as well.
    const values = { ...SYSCTLS, 'vm/overcommit_memory': '0' };
    for (const [name, value] of Object.entries(values)) {
      const file = `/proc/sys/${name}`;
      restore.set(file, await readFile(file, 'utf8'));
      await writeFile(file, value);
    }
    before = await machineState();
    const ups = await Promise.all(
      [A, B].map((name) => meshproof(['up', '--name', name, '--images', 'built'])),
    );
    for (const up of ups) expect(up.stderr + up.stdout, 'up').toMatch(/The mesh "test-[ab]" is up/);
  });

  afterAll(async () => {
    await Promise.all([A, B].map((name) => meshproof(['down', '--name', name])));
    for (const [file, value] of restore) await writeFile(file, value);
    await rm(folder, { recursive: true, force: true });
  });

  test('two run side by side, and status knows both', async () => {
    const { code, stdout } = await meshproof(['status', '--json']);
    expect(code).toBe(0);
    const { meshes } = JSON.parse(stdout) as { meshes: { name: string; phase: string }[] };
    const phases = Object.fromEntries(meshes.map((mesh) => [mesh.name, mesh.phase]));
    expect(phases).toMatchObject({ [A]: 'ready', [B]: 'ready' });
  });

  test.each([A, B])(
    "grpcurl answers in %s exactly as the seed writes it, by the Service's own address",
    async (name) => {
      const { code, stdout, stderr } = await inside(
        name,
        `export GATEWAY_IP=$(kubectl -n istio-system get service istio-ingressgateway \
  -o jsonpath='{.status.loadBalancer.ingress[0].ip}')
grpcurl -cacert $MESHPROOF_CA -d '{"name": "World"}' -authority grpc.example.com $GATEWAY_IP:443 mypackage.Greeter/SayHello &&
grpcurl -plaintext -d '{"name": "World"}' -authority grpc.example.com $GATEWAY_IP:80 mypackage.Greeter/SayHello &&
grpcurl -plaintext -authority grpc.example.com $GATEWAY_IP:80 grpc.health.v1.Health/Check`,
      );
      expect(stderr).toBe('');
      expect(stdout).toContain('"status": "SERVING"');
      expect(stdout.match(/"message": "Hello World"/g)).toHaveLength(2);
      expect(stdout).toContain('"service": "grpc-service"');
      expect(code).toBe(0);
    },
  );

  test('kubectl logs and exec, istioctl proxy-status and DNS work', async () => {
    const { code, stdout } = await inside(
      A,
      `set -e
kubectl logs deploy/order-grpc-service
kubectl exec deploy/order-grpc-service -- /usr/local/bin/node -p '"exec " + 6 * 7'
istioctl proxy-status
getent hosts order-grpc-service.default.svc.cluster.local`,
    );
    expect(stdout).toContain('"event":"started"');
    expect(stdout).toContain('exec 42');
    expect(stdout).toMatch(/istio-ingressgateway-\S+\.istio-system\s+Kubernetes/);
    expect(stdout).toMatch(/^10\.96\.\d+\.\d+\s+order-grpc-service/m);
    expect(code).toBe(0);
  });

  test('a sidecar is injected, becomes Ready 2/2, and carries the traffic', async () => {
    const { code, stdout, stderr } = await inside(
      A,
      `set -e
kubectl create namespace injected >/dev/null
kubectl label namespace injected istio-injection=enabled >/dev/null
kubectl get deploy,service grpc-service -o yaml | sed 's/namespace: default/namespace: injected/; /clusterIP/d; /^ *- 10\\./d; s/meshproof-collector:/meshproof-collector.default:/' | kubectl apply -f - >/dev/null
kubectl -n injected rollout status deploy/grpc-service --timeout=90s >/dev/null
kubectl -n injected get pods -l app=grpc-service --no-headers
kubectl patch virtualservice grpc-routing --type=json -p '[{"op":"add","path":"/spec/http/0","value":{"match":[{"uri":{"prefix":"/mypackage.Greeter/"}}],"route":[{"destination":{"host":"grpc-service.injected.svc.cluster.local","port":{"number":50051}}}]}}]' >/dev/null
for try in $(seq 50); do
  grpcurl -plaintext -import-path $PWD/proto -proto mypackage/greeter.proto -d '{"name":"Sidecar"}' -authority grpc.example.com $GATEWAY_IP:80 mypackage.Greeter/SayHello
  kubectl -n injected logs deploy/grpc-service -c istio-proxy | grep -q 'inbound|50051||' && break
done
kubectl -n injected logs deploy/grpc-service -c istio-proxy | grep -m1 -o 'inbound|50051||'`,
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/grpc-service-\S+\s+2\/2\s+Running/);
    expect(stdout).toContain('"message": "Hello Sidecar"');
    expect(stdout).toContain('inbound|50051||');
    expect(code).toBe(0);
  });

  test('an occupied name is refused, and what runs under it goes on', async () => {
    const again = await meshproof(['up', '--name', A, '--images', 'built']);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain(`a mesh named "${A}" is already running`);
    expect(again.stderr).toContain(`meshproof down --name ${A}`);
    expect((await inside(A, 'kubectl get nodes')).code).toBe(0);
  });

  test('logs prints a pod by its Deployment, and a component by its name', async () => {
    expect((await meshproof(['logs', '--name', A, 'user-grpc-service'])).stdout).toContain(
      '"event":"started"',
    );
    expect((await meshproof(['logs', '--name', A, 'coredns'])).stdout).toContain('CoreDNS-');
    const kubeconfig = (await meshproof(['kubeconfig', '--name', A])).stdout.trim();
    expect(await readFile(kubeconfig, 'utf8')).toContain('https://10.246.0.1:6443');
  });

  test.each([
    {
      what: 'the TLS Secret deleted',
      patch:
        'apiVersion: v1\nkind: Secret\nmetadata: { name: grpc-tls-credential, namespace: istio-system }\n$patch: delete\n',
      row: 'S10',
      only: 'grpcurl/say-hello/**',
    },
    {
      what: "the backend's port renamed to http",
      patch:
        'target: { kind: Service, name: user-grpc-service }\npatch: |\n  - { op: replace, path: /spec/ports/0/name, value: http }\n',
      row: 'S4',
      only: 'routing/path/user-service/**',
    },
    {
      what: 'two Service selectors swapped',
      patch:
        'target: { kind: Service, name: user-grpc-service }\npatch: |\n  - { op: replace, path: /spec/selector/app, value: order-grpc-service }\n---\n' +
        'target: { kind: Service, name: order-grpc-service }\npatch: |\n  - { op: replace, path: /spec/selector/app, value: user-grpc-service }\n',
      row: 'S4',
      only: 'routing/path/user-service/**',
    },
    {
      what: 'the route dropped',
      patch:
        'target: { kind: VirtualService, name: grpc-routing }\npatch: |\n  - { op: remove, path: /spec/http/0 }\n',
      row: 'S4',
      only: 'routing/path/user-service/**',
    },
  ])('--patch, $what: exit 1, and $row is named', async ({ patch, row, only }) => {
    const file = join(folder, 'patch.yaml');
    await writeFile(file, patch);
    const out = join(folder, 'broken');
    const run = await meshproof([
      'run',
      '--reuse',
      '--name',
      B,
      '--only',
      only,
      '--patch',
      file,
      '--out',
      out,
      '--images',
      'built',
    ]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(new RegExp(`${row} .*failed`));
    const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
    expect(report.verdict).toBe('not-conformant');
    expect(report.planned).toBe(Object.values(report.totals).reduce((sum, count) => sum + count, 0));
    const failed = report.cases.filter(({ outcome }) => outcome === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const each of failed) expect(each.mismatches.length, each.name).toBeGreaterThan(0);
    const evidence = join(out, failed[0]!.evidence!);
    expect(JSON.parse(await readFile(join(evidence, 'client.json'), 'utf8'))).not.toHaveLength(0);
  });

  test('an invalid patch is one clear message and exit 2, and the next run works', async () => {
    const file = join(folder, 'invalid.yaml');
    await writeFile(
      file,
      'target: { kind: VirtualService, name: nobody }\npatch: |\n  - { op: remove, path: /spec/http/0 }\n',
    );
    const out = join(folder, 'invalid');
    const run = [
      'run',
      '--reuse',
      '--name',
      B,
      '--only',
      'routing/path/health/**',
      '--out',
      out,
      '--images',
      'built',
    ];
    const broken = await meshproof([...run, '--patch', file]);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain('nobody');
    expect(broken.stderr).not.toMatch(/^\s+at /m);
    const good = await meshproof(run);
    expect(good.stderr).toContain('Conformant');
    expect(good.code).toBe(0);
  });

  test('a run that is ended by a signal to the command alone works no longer on the mesh that stays', async () => {
    const out = join(folder, 'ended');
    const run = start(['run', '--reuse', '--name', A, '--only', 'streaming/long/**', '--out', out]);
    await run.shows('Suites');
    const working = async () => {
      const all = await leftoverProcesses(join(meshproofHome(), 'meshes', A));
      return all.filter((line) => line.includes(' run-inside '));
    };
    expect(await working()).not.toEqual([]);
    run.child.kill('SIGTERM');
    const { code } = await run.finished;
    expect(code).toBe(130);
    expect(await emptyWithin(5, working)).toEqual([]);
  });

  test('a component that dies is named at once, with its last lines', async () => {
    const mesh = join(meshproofHome(), 'meshes', B);
    const processes = await leftoverProcesses(mesh);
    const pid = processes.map((line) => /^process (\d+) coredns /.exec(line)?.[1]).find(Boolean);
    process.kill(Number(pid), 'SIGKILL');
    const broken = async () => {
      const { code, stderr } = await meshproof(['exec', '--name', B, '--', 'true']);
      return code === 2 && stderr.includes('coredns was ended by SIGKILL') ? [] : [stderr];
    };
    expect(await emptyWithin(5, broken)).toEqual([]);
    const { stdout } = await meshproof(['status']);
    expect(stdout).toMatch(new RegExp(`^${B}  broken`, 'm'));
  });

  test('down leaves nothing, and the machine is as it was', async () => {
    for (const name of [A, B]) {
      expect((await meshproof(['down', '--name', name])).code).toBe(0);
      expect(await leftovers(name)).toEqual([]);
    }
    expect(await machineState()).toEqual(before);
  });

  test('a machine that makes no namespaces is told so, with what would serve', async () => {
    const name = 'test-namespaces';
    const node = [process.execPath, join(ROOT, 'scripts', 'meshproof.js')];
    const up = await startCommand('setpriv', [
      ...['--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--', ...node],
      ...['up', '--name', name, '--images', 'built'],
    ]).finished;
    expect(up.stderr).toContain('makes no new namespaces');
    expect(up.stderr).toContain('--env kind');
    expect(up.code).toBe(2);
    expect(await leftovers(name)).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s during bring-up cleans up and exits with 130',
    async (signal) => {
      const name = 'test-interrupt';
      const up = start(['up', '--name', name, '--images', 'built']);
      await up.shows('Kubernetes control plane');
      up.child.kill(signal);
      const { code, stderr } = await up.finished;
      expect(stderr).toMatch(/interrupted|asked to end/);
      expect(code).toBe(130);
      expect(await leftovers(name)).toEqual([]);
    },
  );

  test('kill -9 of npm alone ends a run within five seconds; the next command sweeps its remains', async () => {
    const name = 'test-killed';
    const out = join(folder, 'killed');
    const run = startCommand('npm', [
      'run',
      'e2e',
      '--',
      '--name',
      name,
      '--only',
      'S10',
      '--out',
      out,
      '--images',
      'built',
    ]);
    await run.shows('Node');
    run.child.kill('SIGKILL');
    const mesh = join(meshproofHome(), 'meshes', name);
    expect(await emptyWithin(5, () => leftoverProcesses(mesh))).toEqual([]);
    await meshproof(['status']);
    expect(await leftovers(name)).toEqual([]);
  });

  test('kill -9 of the command itself does the same', async () => {
    const name = 'test-killed-too';
    const up = start(['up', '--name', name, '--images', 'built']);
    await up.shows('Kubernetes control plane');
    up.child.kill('SIGKILL');
    const mesh = join(meshproofHome(), 'meshes', name);
    expect(await emptyWithin(5, () => leftoverProcesses(mesh))).toEqual([]);
    await meshproof(['status']);
    expect(await leftovers(name)).toEqual([]);
  });
});
