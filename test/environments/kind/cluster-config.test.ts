import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { type ClusterNeeds, writeClusterConfig } from '../../../src/environments/kind/cluster-config.ts';

const needs: ClusterNeeds = {
  cluster: 'meshproof-a',
  nodeImage: 'example.com/node:v1',
  mappedPorts: false,
  builtNode: true,
  cgroupVersion: 'v1',
};

interface Written {
  readonly name: string;
  readonly networking: Record<string, unknown>;
  readonly nodes: readonly { image: string; extraPortMappings?: { containerPort: number }[] }[];
  readonly kubeadmConfigPatches: readonly string[];
}

async function written(change: Partial<ClusterNeeds> = {}): Promise<Written> {
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-kind-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'kind.yaml');
  await writeClusterConfig({ ...needs, ...change }, file);
  return parse(await readFile(file, 'utf8')) as Written;
}

const kubelet = ({ kubeadmConfigPatches }: Written) =>
  kubeadmConfigPatches
    .map((text) => parse(text) as Record<string, unknown>)
    .find(({ kind }) => kind === 'KubeletConfiguration');

test('the cluster has its name and its node image, and is reached over loopback', async () => {
  const config = await written();
  expect(config.name).toBe('meshproof-a');
  expect(config.nodes.map(({ image }) => image)).toEqual(['example.com/node:v1']);
  expect(config.networking).toMatchObject({ apiServerAddress: '127.0.0.1', ipFamily: 'ipv4' });
});

test('ports are mapped only where the node cannot be reached', async () => {
  expect((await written()).nodes[0]).not.toHaveProperty('extraPortMappings');
  const mapped = (await written({ mappedPorts: true })).nodes[0]?.extraPortMappings;
  expect(mapped?.map(({ containerPort }) => containerPort)).toEqual([30080, 30443]);
});

test("a node image of our own has its own network and cgroup driver, kind's keeps its", async () => {
  const own = await written();
  expect(own.networking).toMatchObject({ disableDefaultCNI: true });
  expect(kubelet(own)).toMatchObject({ cgroupDriver: 'cgroupfs' });
  const released = await written({ builtNode: false });
  expect(released.networking).not.toHaveProperty('disableDefaultCNI');
  expect(kubelet(released)).not.toHaveProperty('cgroupDriver');
});

test('a kubelet is told to start on cgroup v1, and only there', async () => {
  expect(kubelet(await written())).toMatchObject({ failCgroupV1: false });
  expect(kubelet(await written({ cgroupVersion: 'v2' }))).not.toHaveProperty('failCgroupV1');
});

test("the machine's conntrack sysctls are left alone", async () => {
  const { kubeadmConfigPatches } = await written();
  expect(kubeadmConfigPatches.map((text) => parse(text) as unknown)).toContainEqual(
    expect.objectContaining({
      kind: 'KubeProxyConfiguration',
      conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    }),
  );
});
