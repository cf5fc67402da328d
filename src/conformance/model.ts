import type { CertificateFault } from '../certificates/faults.ts';
import type {
  BrowserInvocation,
  ClientInvocation,
  GrpcGoInvocation,
  GrpcJsInvocation,
  GrpcWebInvocation,
  GrpcurlInvocation,
  HttpInvocation,
  PodInvocation,
  TlsInvocation,
} from '../clients/invocation.ts';
import type { Script } from '../clients/script.ts';
import type { Capability } from '../environments/environment.ts';
import type {
  AdmissionExpectation,
  Expectation,
  HttpExpectation,
  RpcExpectation,
  TlsExpectation,
} from './expectation.ts';
import { TIMEOUTS } from '../timeouts.ts';
import type { DifferenceName } from './known-differences.ts';
import type { Row, TableCell } from './outcomes.ts';

/**
 * A kustomize patch as YAML text: a strategic merge patch that names its object (`$patch: delete` takes it away), or
 * `{target, patch}` with a JSON patch (RFC 6902). It may name an object of the configuration or of the services.
 */
export type Patch = string;

/** How what is applied differs from a configuration as it stands. */
export interface AppliedChange {
  /** Patches on its manifests. */
  readonly manifests?: readonly Patch[];
  /** Objects that come beside it, as YAML text: an EnvoyFilter. */
  readonly objects?: readonly string[];
  /** What is wrong with the certificate in the gateway's Secret. */
  readonly certificate?: CertificateFault;
}

/** Something that happens while the RPCs of a case are under way. */
export type Action =
  /**
   * Waits until each RPC has its response headers, or so many messages. An RPC that is over is not waited for; other
   * clients than grpc-js say no more than that.
   */
  | { readonly await: 'response headers' | { readonly messages: number } }
  /** Waits until so many of the RPCs have their response headers or are over; all of them, if the case has fewer. */
  | { readonly await: { readonly rpcs: number } }
  /**
   * Applies the configuration with this change instead of that of the action before, and waits until the gateway has
   * it. Listeners stay, so that a changed certificate is a rotation; `anew` takes them away first. When the case is
   * over the configuration is as it was.
   */
  | { readonly apply: AppliedChange; readonly anew?: true }
  /** Replaces the pods of a sample service's Deployment, by its name, or of the `ingress gateway`. */
  | { readonly restart: string }
  /** Makes further calls. They are judged by what `expectation.meanwhile` says under the same name. */
  | { readonly invoke: ClientInvocation; readonly as: string };

/** Something broken on purpose, under which the case must fail. Its name is unique for what it changes in a row. */
export interface Sabotage {
  readonly name: string;
  readonly change:
    | AppliedChange
    /** What happens meanwhile instead. */
    | { readonly actions: readonly Action[] }
    /** What the server does instead. */
    | { readonly script: Script }
    /** What the client does otherwise than the case says. */
    | {
        readonly invocation:
          | Partial<GrpcJsInvocation>
          | Partial<GrpcGoInvocation>
          | Partial<PodInvocation>
          | Partial<GrpcWebInvocation>
          | Partial<BrowserInvocation>
          | Partial<HttpInvocation>
          | Partial<TlsInvocation>
          | Partial<AdmissionInvocation>;
      };
  /** Text of the mismatch, or of the refusal at admission, that must be seen. */
  readonly caughtBy: string;
}

/** Applies an object, and keeps what the API server says. What was accepted is taken away again. */
export interface AdmissionInvocation {
  readonly client: 'admission';
  readonly yaml: string;
}

/** Makes no RPC: only the gateway's configuration is asked. */
export interface ConfigurationInvocation {
  readonly client: 'configuration';
}

/** What a case does. */
export type Invocation = ClientInvocation | AdmissionInvocation | ConfigurationInvocation;

interface CaseFacts {
  /** Path-like, of lower-case components: `routing/path/user-service`. Axes are appended to it. */
  readonly name: string;
  readonly row: Row;
  /** One sentence: what a user of the gateway may rely on when the case passes. */
  readonly title: string;
  /** Name of the configuration that must be applied: a key of `suites/configurations.ts`. */
  readonly configuration: string;
  readonly sabotages: readonly [Sabotage, ...Sabotage[]];
  /** What the environment must be able to do; without it the case is skipped. */
  readonly needs?: readonly Capability[];
  /** The line of a user's own manifest that the case is about: `deploy/routes.yaml:14`. Every mismatch names it. */
  readonly concerns?: string;
  /** What the report says, in a table of its own, when the case passes: what works for whom. */
  readonly cell?: TableCell;
  /** Skipped when its configuration is refused at admission: another case is about that. */
  readonly skippedWhenRefused?: true;
  /**
   * The difference between versions that the case is about, and what it has shown of the older and of the newer ones when
   * it passes. What it expects of them is in {@link sinceEnvoy} or {@link sinceIstio}, by the version of the difference.
   */
  readonly differs?: { readonly by: DifferenceName; readonly before: string; readonly since: string };
  /** Run while no other case runs, because it measures time or changes what others use. */
  readonly alone?: true;
  /**
   * What happens while the RPCs are under way, one after the other. A case with actions runs alone. RPCs with
   * `halfClose: 'after-actions'` stay open until all of them are done. `$RUN` stands for letters that are others each
   * time the case runs: for names that the gateway has never heard of.
   */
  readonly actions?: readonly Action[];
  /** Milliseconds after which the harness gives up on the client; default {@link limitOf}. */
  readonly limitMs?: number;
  /**
   * What is expected instead from a version of Istio on (`1.24`, `1.24.1`), field by field; the newest that is not
   * newer than the mesh's counts. The reason for each stands beside it.
   */
  readonly sinceIstio?: Readonly<Record<string, Partial<Expectation>>>;
  /** The same by the version of the gateway's Envoy (`1.37`); it counts over {@link sinceIstio}. */
  readonly sinceEnvoy?: Readonly<Record<string, Partial<Expectation>>>;
}

type Expects<K extends keyof Expectation, E> = Omit<Expectation, 'rpc' | 'tls' | 'http' | 'admission'> &
  Readonly<Record<K, E>>;

/** One thing that is checked: what to do, and what every witness must then say. Data only. */
export type Case = CaseFacts &
  (
    | {
        readonly invocation:
          | GrpcJsInvocation
          | GrpcGoInvocation
          | PodInvocation
          | GrpcWebInvocation
          | BrowserInvocation
          | GrpcurlInvocation;
        readonly expectation: Expects<'rpc', RpcExpectation>;
      }
    | { readonly invocation: TlsInvocation; readonly expectation: Expects<'tls', TlsExpectation> }
    | { readonly invocation: HttpInvocation; readonly expectation: Expects<'http', HttpExpectation> }
    | {
        readonly invocation: AdmissionInvocation;
        readonly expectation: Expects<'admission', AdmissionExpectation>;
      }
    | {
        readonly invocation: ConfigurationInvocation;
        readonly expectation: Pick<Required<Expectation>, 'configuration'>;
      }
  );

/** How many cases of one group may be under way at once. RPCs mostly wait, and timers under test must stay true. */
export const CONCURRENT_CASES = 8;

/** Whether no other case may run meanwhile, save those that share what it does (`shared-restart.ts`). */
export const isAlone = ({ alone, actions }: Case): boolean => alone === true || actions !== undefined;

/** Milliseconds after which the harness gives up on a case's client. */
export const limitOf = ({ limitMs, invocation }: Case): number =>
  limitMs ?? (invocation.client === 'browser' ? TIMEOUTS.page : TIMEOUTS.rpc);

/** The cases of one folder of `suites/`. */
export interface Suite {
  /** Name of the folder; its vitest file is `<folder>/<folder>.suite.ts`. */
  readonly folder: string;
  readonly cases: readonly Case[];
}

/** The axes of a family of cases: for each, the values it takes. */
type Axes = Readonly<Record<string, readonly string[]>>;
type Point<A extends Axes> = { readonly [K in keyof A]: A[K][number] };

/**
 * The product of the axes as cases. Each case's name gets its values appended in the order of the axes.
 *
 * @param make the case at one point; undefined leaves a combination out that does not exist
 */
export function expand<const A extends Axes>(axes: A, make: (point: Point<A>) => Case | undefined): Case[] {
  const points = Object.entries(axes).reduce<Readonly<Record<string, string>>[]>(
    (partial, [axis, values]) =>
      partial.flatMap((point) => values.map((value) => ({ ...point, [axis]: value }))),
    [{}],
  );
  return points.flatMap((point) => {
    const made = make(point as Point<A>);
    return made === undefined ? [] : [{ ...made, name: [made.name, ...Object.values(point)].join('/') }];
  });
}
