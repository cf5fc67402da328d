import type { AppliedChange } from '../conformance/model.ts';
import type { Capability, NodeComponent } from '../environments/environment.ts';
import type { IstioMove } from '../environments/istio-upgrade.ts';
import type { Fate } from './fate.ts';
import type { WorkloadCa } from './workload-ca.ts';

/** Whose pods are meant: istiod's, the ingress gateway's, or those of a sample service's Deployment by its name. */
export type Workload = 'istiod' | 'ingress gateway' | (string & {});

/** One thing that is done to a mesh. */
export type ChangeStep =
  /** Applies the traffic's configuration with this change instead of the one before, and waits until the gateway has it. */
  | { readonly apply: AppliedChange }
  /** Replaces the pods, as `kubectl rollout restart` does. */
  | { readonly restart: Workload }
  /** Replaces the gateway's pods by some with other settings of the proxy (Istio's `proxy.istio.io/config`); null takes them back. */
  | { readonly proxyConfig: Readonly<Record<string, unknown>> | null }
  /** Replaces the gateway's pods by some of another image. */
  | { readonly gatewayImage: string }
  /** Does a part of an upgrade of Istio. */
  | { readonly istio: IstioMove }
  /** Sets the number of pods, and waits for them. 0 waits until none is left. */
  | { readonly scale: Workload; readonly replicas: number }
  /** Ends every pod at once and without notice. */
  | { readonly kill: Workload }
  /** Restarts a component of the node, as `systemctl restart` does. */
  | { readonly restartOnNode: NodeComponent }
  /** Has istiod sign workload certificates by another CA; null by its own again. */
  | { readonly workloadCa: WorkloadCa | null }
  /** Lets the traffic run. */
  | { readonly holdSeconds: number };

/** What must be seen besides the RPCs, or the change has not taken place and its calm proves nothing. */
export type Sign =
  /** GOAWAY on a connection. */
  | 'GOAWAY'
  /** A client that begins on another connection after GOAWAY. */
  | 'reconnection'
  /** Two certificates, each on connections of its own. */
  | 'second certificate'
  /** Another CA than before has signed the certificate that the gateway shows to services. */
  | 'other workload CA'
  /** A request with the header that the pushed route adds. */
  | 'pushed header'
  /** A pod of the Deployment that served nothing before the change began. */
  | { readonly newPodOf: string };

/** What users may expect of a change. */
export interface TrafficExpectation {
  /** How unary RPCs may be lost. */
  readonly unary: readonly Fate[];
  /** How long streams may be lost. */
  readonly streams: readonly Fate[];
  /** Milliseconds that a stream has at least between GOAWAY and the end of its connection. */
  readonly graceMs?: number;
  /** The same on a connection that no RPC begins on any more; default {@link graceMs}. */
  readonly quietGraceMs?: number;
  readonly signs: readonly Sign[];
}

/** A change of a mesh under live traffic, as data. */
export interface Change {
  /** As `--change` takes it. */
  readonly name: string;
  /** One sentence: what a user of the gateway may rely on meanwhile. */
  readonly title: string;
  /** Before the traffic. */
  readonly prepare?: readonly ChangeStep[];
  readonly steps: readonly ChangeStep[];
  /** After the traffic, so that a mesh that is used again is as it was. */
  readonly restore?: readonly ChangeStep[];
  /** Seconds that the traffic goes on afterwards, for what is cut late. */
  readonly afterSeconds: number;
  readonly needs?: readonly Capability[];
  readonly expectation: TrafficExpectation;
  /** Compare what the gateway runs with, before and after. */
  readonly compareLive?: true;
  /** What is done otherwise, under which the expectation must not be met. */
  readonly sabotage: {
    readonly name: string;
    readonly prepare?: readonly ChangeStep[];
    readonly steps?: readonly ChangeStep[];
    /** Text that what is found must have in it. */
    readonly caughtBy: string;
  };
}

/** The header that a pushed route adds, by which it is seen at the server. */
export const PUSHED_HEADER = 'x-meshproof-pushed';
