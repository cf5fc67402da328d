import type { Browser } from 'playwright-core';
import { SetupError } from '../errors.ts';

/** Where a gateway, or what stands before it, takes connections. */
export interface Listeners {
  /** IP address, without a port. */
  readonly address: string;
  /** Port of the TLS listener, 443 on a gateway as the seed has it. */
  readonly tlsPort: number;
  /** Port of the plaintext listener, 80 on a gateway as the seed has it. */
  readonly h2cPort: number;
}

/** What a command in a container did. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the containers of clients find the test CA's certificate and our protos. */
export const IN_CONTAINER = { caFile: '/ca.pem', protos: '/proto' } as const;

/** Clients that run in containers on the cluster's network. */
export interface ClientContainers {
  /** Where they find the gateway. */
  readonly gateway: Listeners;
  /**
   * Runs a command in a client's container.
   *
   * @returns what it did; undefined when `signal` aborted first
   */
  run(
    client: 'grpc-go' | 'grpcurl',
    command: readonly string[],
    signal: AbortSignal,
    variables?: Readonly<Record<string, string>>,
  ): Promise<CommandResult | undefined>;
}

/** Programs in pods of the mesh that make RPCs as they are told. */
export interface PodCallers {
  /**
   * Hands a call to a pod of a Deployment, in JSON.
   *
   * @returns its answer; undefined when `signal` aborted first
   * @throws SetupError when no pod of it answers
   */
  call(deployment: string, call: object, signal: AbortSignal): Promise<unknown>;
}

/** Where the ingress gateway is reached, and what a client must know to trust it. */
export interface Target extends Listeners {
  /** The test CA's certificate: PEM, and the file that holds the same. */
  readonly caPem: string;
  readonly caFile: string;
  /** The host that the Gateway and its VirtualServices name: authority and SNI unless a case says otherwise. */
  readonly host: string;
  /** What clients show of themselves when a case has them do so. */
  readonly clientPairs?: Readonly<Record<ClientCertificate, ClientPair>>;
  /** Absent where the environment has no Docker. */
  readonly containers?: ClientContainers;
  /** Absent outside a mesh. */
  readonly callers?: PodCallers;
  /** Real browsers that can reach it, where this machine has any. */
  readonly browsers?: BrowserSource;
}

/** A real browser for one visit; disposing of it ends the visit's own, and leaves one that is shared. */
export interface OpenBrowser extends AsyncDisposable {
  readonly browser: Browser;
}

/** Real browsers, one for each version of HTTP that they speak where they can. */
export interface BrowserSource {
  /**
   * One that reaches the gateway at these listeners. They are told so as they start: one for listeners of its own, such
   * as a tap's, is started for it.
   *
   * @throws SetupError when it does not start
   */
  open(http: '1.1' | '2', listeners: Listeners): Promise<OpenBrowser>;
}

/** @throws SetupError for a client that needs a container where there can be none */
export function containersOf({ containers }: Target): ClientContainers {
  if (containers !== undefined) return containers;
  throw new SetupError('this client runs in a container, and the environment has no Docker', {
    hint: "The case must say so: needs: ['docker'].",
  });
}

/** @throws SetupError for a client that needs a pod where there is no mesh */
export function callersOf({ callers }: Target): PodCallers {
  if (callers !== undefined) return callers;
  throw new SetupError('this client runs in a pod, and there is no mesh to have one');
}

/** A client's certificate: one that the gateway should trust, and what can be wrong with it. */
export type ClientCertificate = 'trusted' | 'other authority' | 'expired';

/** A client's certificate with its key: PEM, and the files that hold the same. */
export interface ClientPair {
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * The pair that a client is to show; undefined when it is to show none.
 *
 * @throws SetupError when the target has none
 */
export function clientPairOf(target: Target, name: ClientCertificate | undefined): ClientPair | undefined {
  if (name === undefined) return undefined;
  const pair = target.clientPairs?.[name];
  if (pair === undefined) throw new SetupError(`there is no client certificate "${name}"`);
  return pair;
}

/** How the bytes travel to the gateway. */
export type Transport = 'tls' | 'h2c';

/** The port of a listener of `target`. */
export const portOf = (target: Listeners, listener: Transport): number =>
  listener === 'tls' ? target.tlsPort : target.h2cPort;

/** The name in an authority, without its port. */
export const hostOf = (authority: string): string => authority.replace(/:\d+$/, '');
