import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ComponentSpec } from './component.ts';
import { NETWORK } from './isolation.ts';

/** Kubernetes' name of the only node. */
export const NODE_NAME = 'local';

export interface NodeSettings {
  /** Folder for the node's files; gone with the mesh. */
  readonly folder: string;
  /** This mesh's own clone of the image store; must not lie on an overlay. */
  readonly containerdRoot: string;
  readonly cniBin: string;
  readonly pauseImage: string;
  /** A single path component below every cgroup hierarchy's root. */
  readonly cgroup: string;
  readonly cgroupVersion: 'v1' | 'v2';
  readonly kubeconfig: string;
}

/** /run is this mount namespace's own, so meshes do not meet here; socket paths must stay below 108 bytes. */
export const CONTAINERD_SOCKET = '/run/meshproof/containerd.sock';

const containerdConfig = (node: NodeSettings) => `version = 3
root = ${JSON.stringify(node.containerdRoot)}
state = "/run/meshproof/containerd"
[grpc]
  address = ${JSON.stringify(CONTAINERD_SOCKET)}
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = ${JSON.stringify(node.pauseImage)}
[plugins.'io.containerd.cri.v1.runtime']
  # Machines whose capability bounding set lacks CAP_SYS_RESOURCE refuse to lower oom_score_adj.
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = "runc"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = [${JSON.stringify(node.cniBin)}]
    conf_dir = ${JSON.stringify(join(node.folder, 'cni'))}
`;

const cniConfig = {
  cniVersion: '1.0.0',
  name: 'meshproof',
  plugins: [
    {
      type: 'ptp',
      ipMasq: false,
      mtu: 1500,
      ipam: {
        type: 'host-local',
        dataDir: '/run/meshproof/ipam',
        routes: [{ dst: '0.0.0.0/0' }],
        ranges: [[{ subnet: NETWORK.podCidr }]],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

const kubeletConfig = (node: NodeSettings) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: NETWORK.nodeAddress,
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${node.cgroup}`,
  cgroupsPerQOS: true,
  enforceNodeAllocatable: [],
  // From 1.35 on the kubelet refuses cgroup v1 unless told otherwise.
  ...(node.cgroupVersion === 'v1' ? { failCgroupV1: false } : {}),
  failSwapOn: false,
  containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
  clusterDomain: NETWORK.domain,
  clusterDNS: [NETWORK.nodeAddress],
  resolvConf: '',
  // With it a kubelet that may not write the machine's sysctls, oom scores and rlimits goes on without.
  featureGates: { KubeletInUserNamespace: true },
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '0%',
  },
  // A full disk is the machine's affair; images are never collected, they cannot be pulled again.
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  serializeImagePulls: false,
  podLogsDir: join(node.folder, 'pod-logs'),
  volumePluginDir: join(node.folder, 'volume-plugins'),
});

const kubeProxyConfig = (node: NodeSettings) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  clientConnection: { kubeconfig: node.kubeconfig },
  clusterCIDR: NETWORK.podCidr,
  hostnameOverride: NODE_NAME,
  // Zero leaves the machine's conntrack sysctls alone.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  // A Service's change should reach clients as soon as it is known.
  iptables: { minSyncPeriod: '100ms' },
});

const corefile = (node: NodeSettings) => `.:53 {
  bind ${NETWORK.nodeAddress}
  errors
  ready ${NETWORK.nodeAddress}:8181
  kubernetes ${NETWORK.domain} in-addr.arpa ip6.arpa {
    kubeconfig ${node.kubeconfig}
    pods insecure
    ttl 0
  }
}
`;

const file = (node: NodeSettings, name: string) => join(node.folder, name);

export async function writeNodeConfiguration(node: NodeSettings): Promise<void> {
  await mkdir(file(node, 'cni'), { recursive: true });
  await Promise.all([
    writeFile(file(node, 'containerd.toml'), containerdConfig(node)),
    writeFile(file(node, 'cni/10-meshproof.conflist'), JSON.stringify(cniConfig)),
    writeFile(file(node, 'kubelet.yaml'), stringify(kubeletConfig(node))),
    writeFile(file(node, 'kube-proxy.yaml'), stringify(kubeProxyConfig(node))),
    writeFile(file(node, 'Corefile'), corefile(node)),
  ]);
}

export const containerd = (node: NodeSettings): ComponentSpec => ({
  name: 'containerd',
  command: 'containerd',
  args: ['--config', file(node, 'containerd.toml')],
});

export const kubelet = (node: NodeSettings): ComponentSpec => ({
  name: 'kubelet',
  command: 'kubelet',
  args: [
    ...['--config', file(node, 'kubelet.yaml'), '--kubeconfig', node.kubeconfig],
    ...['--node-ip', NETWORK.nodeAddress, '--hostname-override', NODE_NAME],
    ...['--root-dir', file(node, 'kubelet'), '--cert-dir', file(node, 'kubelet-pki')],
  ],
});

export const kubeProxy = (node: NodeSettings): ComponentSpec => ({
  name: 'kube-proxy',
  command: 'kube-proxy',
  args: ['--config', file(node, 'kube-proxy.yaml')],
});

export const coreDns = (node: NodeSettings): ComponentSpec => ({
  name: 'coredns',
  command: 'coredns',
  args: ['-conf', file(node, 'Corefile')],
});
