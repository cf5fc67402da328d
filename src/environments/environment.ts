import type { StepTiming } from '../progress.ts';
import type { Placement } from './placement.ts';
import type { MeshRequest } from './request.ts';

export type EnvironmentKind = 'local' | 'kind' | 'cluster';

/**
 * What an environment can do beyond running the suites; a case may need one and is skipped without it.
 *
 * `load-balancer-address`: the gateway has an address with its real ports. `node-port`: the node's ports can be
 * reached. `direct-connection`: no proxy between client and gateway ends connections in its own way. `pod-network`:
 * pods can be reached at their addresses. `gateway-restart`: the gateway serves nobody else, so that a case may replace
 * its pods. `injection`: Istio's agents and sidecars are put into the pods of cases, in the namespace `default`.
 * `gateway-api`: the definitions of Gateway API may be put into the cluster. `gateway-addresses`: each Service of type
 * LoadBalancer gets an address of its own, and so does each Gateway for which Istio makes one.
 * `node-components`: the node's kubelet and containerd can be restarted.
 */
export type Capability =
  | 'load-balancer-address'
  | 'node-port'
  | 'direct-connection'
  | 'docker'
  | 'pod-network'
  | 'browser'
  | 'gateway-restart'
  | 'injection'
  | 'gateway-api'
  | 'gateway-addresses'
  | 'node-components';

/** Where the ingress gateway answers. Ports are as clients dial them. */
export interface GatewayAddress {
  readonly address: string;
  readonly tlsPort: number;
  readonly h2cPort: number;
}

/** Where containers run beside the cluster, and what of. */
export interface ContainerHost {
  /** Docker's network that the cluster's node is on. */
  readonly network: string;
  /** The gateway as containers on that network dial it. */
  readonly gateway: GatewayAddress;
  /** Image references by what is in them. */
  readonly images: Readonly<Record<'grpc-go' | 'grpcurl' | 'envoy', string>>;
}

/** What a node's pods depend on, and yet go on without while it restarts. */
export type NodeComponent = 'kubelet' | 'containerd';

/** Who restarts a node's components: the process that owns a local mesh, at its socket, or systemd in kind's node. */
export type NodeControl = { readonly socket: string } | { readonly container: string };

/** Versions as the running components report them, never as they were asked for. */
export interface ComponentVersions {
  readonly istio: string;
  /** Version and build id of the data plane's Envoy, as its `server_info` says. */
  readonly envoy: string;
  readonly kubernetes: string;
  readonly [component: string]: string;
}

/**
 * All that may differ between the places a suite can run in. It is plain data, so that it can be handed to
 * another process; everything else is reached through the API server.
 */
export interface Environment {
  readonly kind: EnvironmentKind;
  readonly name: string;
  readonly kubeconfig: string;
  /** The context of the kubeconfig; its current one by default. */
  readonly context?: string;
  readonly placement: Placement;
  readonly gateway: GatewayAddress;
  /** Folder of kubectl, istioctl and grpcurl; first on the PATH of whatever runs in the environment. Empty where the PATH has them. */
  readonly bin: string;
  /** Further folders of commands. */
  readonly path?: readonly string[];
  /** Further variables of whatever runs in the environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** PEM file of the test CA that signed the gateway's certificate. */
  readonly caFile: string;
  readonly versions: ComponentVersions;
  readonly dataPlane: {
    readonly stock: boolean;
    readonly note: string;
    readonly switches: readonly string[];
  };
  readonly images: { readonly source: 'built' | 'released'; readonly services: string; readonly why: string };
  /** What was asked when it was made; absent for a mesh that was found. */
  readonly asked?: MeshRequest;
  readonly capabilities: readonly Capability[];
  /** There where the capability `docker` is. */
  readonly containers?: ContainerHost;
  /** There where the capability `node-components` is. */
  readonly nodeControl?: NodeControl;
  /** Folder with one log per component of the environment; empty where there is none. */
  readonly logs: string;
  readonly steps: readonly StepTiming[];
  /** What was found where the environment was not made by the harness, for the report. */
  readonly notes?: readonly string[];
}
