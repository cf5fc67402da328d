/** A way from a client to the orders: `manifests/dataplane` has all of them at once. */
export interface Way {
  readonly name: string;
  /** What is on it, for a reader. */
  readonly about: string;
  /** The Deployments that make the RPCs and answer them. */
  readonly from: string;
  readonly to: string;
  readonly target: string;
  readonly authority: string;
  /** Whether the ingress gateway's pod is on it too. */
  readonly gateway: boolean;
}

const host = (service: string) => `${service}.default.svc.cluster.local:50051`;

/** The first is what the others are compared with. */
export const WAYS = [
  {
    name: 'direct',
    about: 'plaintext, no mesh',
    from: 'plain-caller',
    to: 'plain-orders',
    target: `dns:///${host('plain-orders')}`,
    authority: '',
    gateway: false,
  },
  {
    name: 'proxyless',
    about: 'xDS in both libraries, mutual TLS',
    from: 'proxyless-caller',
    to: 'proxyless-orders',
    target: `xds:///${host('proxyless-orders')}`,
    authority: '',
    gateway: false,
  },
  {
    name: 'sidecar',
    about: 'a sidecar on each side, mutual TLS',
    from: 'sidecar-caller',
    to: 'sidecar-orders',
    target: `dns:///${host('sidecar-orders')}`,
    authority: '',
    gateway: false,
  },
  {
    name: 'ingress',
    about: 'through the ingress gateway, plaintext',
    from: 'plain-caller',
    to: 'plain-orders',
    target: 'dns:///istio-ingressgateway.istio-system.svc.cluster.local:80',
    authority: 'grpc.example.com',
    gateway: true,
  },
] as const satisfies readonly Way[];

export type WayName = (typeof WAYS)[number]['name'];

/** RPCs started each second. */
export const RATES = [50, 200] as const;

/** One way at one rate, once. */
export interface Sample {
  readonly way: WayName;
  readonly rate: number;
  readonly firstRpcMs: number;
  readonly latenciesMs: readonly number[];
  readonly failed: number;
  /** By `pod/process`, such as `caller/node`: milliseconds of CPU time for 1000 RPCs, and what it occupies. */
  readonly processes: Readonly<
    Record<string, { readonly cpuMsPer1000: number; readonly residentMiB: number }>
  >;
}
