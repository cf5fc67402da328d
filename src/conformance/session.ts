import type { ClientInvocation } from '../clients/invocation.ts';
import type { Target } from '../clients/target.ts';
import type { Capability } from '../environments/environment.ts';
import { SetupError } from '../errors.ts';
import type { AccessLog } from '../evidence/access-log.ts';
import type { ConfigDump } from '../evidence/config-dump.ts';
import type { Ledger } from '../evidence/ledger.ts';
import type { PodTemplatePatch } from '../kubernetes/readiness.ts';
import type { AdmissionRecord } from './case-record.ts';
import type { CaseTap } from './case-tap.ts';
import type { InEffect } from './configured.ts';
import type { AppliedChange } from './model.ts';

/** What the cases of a run share: the mesh, as far as running and judging a case needs it. */
export interface Session {
  readonly capabilities: readonly Capability[];
  /** Version of the control plane, as it says itself. */
  readonly istio: string;
  /** Version of the gateway's Envoy; undefined where it could not be found out. */
  readonly envoy: string | undefined;
  readonly target: Target;
  /**
   * The same as an invocation reaches it, which may be through a load balancer. Containers that it needs are running
   * then.
   *
   * @throws SetupError when one does not get ready, or the environment has no Docker
   */
  targetFor(invocation: ClientInvocation): Promise<Target>;
  readonly gatewayLog: Pick<AccessLog, 'linesOf' | 'waitForLines' | 'preflightsOf'>;
  readonly ledger: Pick<Ledger, 'entriesOf' | 'settledEntriesOf' | 'sightings'>;
  /** Whether every case runs through taps, or only those that are judged by frames. */
  readonly tapped: boolean;
  /** Taps for the clients of one case. */
  tap(): Promise<CaseTap>;
  readonly configDump: ConfigDump;
  /** The last lines of every pod of the mesh and of the samples, by `namespace.pod.container`. */
  podLogs(): Promise<Readonly<Record<string, string>>>;
  /** Aborts when the run is interrupted, or the mesh is no more. */
  readonly signal: AbortSignal;
  /** Absolute path of the folder that report.json goes to. */
  readonly results: string;
  /**
   * Applies a configuration group alone, with what a sabotage changes of it, and waits until the
   * gateway has it. Nothing happens when it is applied already.
   *
   * @throws RefusedError when an object was refused at admission
   * @throws HarnessError when it could not be applied or did not arrive
   */
  useConfiguration(name: string, change: AppliedChange): Promise<void>;
  /** What a diagnosis goes by beside the witnesses; another one after each change. */
  inEffect(): InEffect;
  /**
   * Waits until no pod of an earlier configuration is on its way out: a browser takes each interface that goes for
   * another network, and breaks off what it loads (net::ERR_NETWORK_CHANGED).
   *
   * @throws WaitTimeoutError when one stays
   */
  calm(): Promise<void>;
  /**
   * Applies what {@link useConfiguration} applied, with this further change, and waits until the gateway has it.
   *
   * @param anew whether a listener whose certificate changes is taken away first; else it is rotated in place
   * @throws HarnessError as useConfiguration does
   */
  changeConfiguration(change: AppliedChange, anew: boolean): Promise<void>;
  /**
   * Replaces the pods of a sample service's Deployment, of the ingress gateway or of istiod, and waits until the new
   * ones serve.
   *
   * @param changed how the new pods differ
   * @throws WaitTimeoutError when they do not come
   */
  restart(deployment: string, changed?: PodTemplatePatch): Promise<void>;
  /** Applies one object, says what the API server said, and takes away what it accepted. */
  admit(yaml: string): Promise<AdmissionRecord>;
}

let open: (() => Promise<Session>) | undefined;
let opened: Promise<Session> | undefined;

/** Says how the session is opened. Called by vitest's setup file; of several calls in one process the first counts. */
export function provideSession(opener: () => Promise<Session>): void {
  open ??= opener;
}

/**
 * The session of this run, opened when first asked for.
 *
 * @throws SetupError when nobody said how to open it
 */
export function currentSession(): Promise<Session> {
  if (open === undefined) {
    return Promise.reject(
      new SetupError('the suites have no mesh to run against', { hint: 'Run them by `meshproof run`.' }),
    );
  }
  opened ??= open();
  return opened;
}
