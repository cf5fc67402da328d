import type { RpcKind } from '../clients/protos.ts';
import type { KnownFailing } from '../conformance/known-failing.ts';
import type { Case } from '../conformance/model.ts';

/** A case without the name of its configuration: it is the team's own. */
type OfTeam<C> = C extends unknown ? Omit<C, 'configuration'> : never;

/**
 * A case of the team's own, which runs beside the derived ones, on the same configuration. Its backends are stand-ins:
 * without a script they answer any method with one empty message.
 */
export type TeamCase = OfTeam<Case>;

/** How often a failed RPC is tried. */
export interface ExpectedRetries {
  /** Retries, as a VirtualService counts them: the first try comes on top. 0 to 100. */
  readonly attempts: number;
  /** gRPC statuses that must be retried, by their names in `retryOn`: `unavailable`, `resource-exhausted`. */
  readonly on: readonly RetriedStatus[];
}

/** The gRPC statuses that Envoy's `retryOn` has a name for. */
export type RetriedStatus =
  'cancelled' | 'deadline-exceeded' | 'internal' | 'resource-exhausted' | 'unavailable';

/** Where the RPCs of some methods must go. */
export interface ExpectedRoute {
  /**
   * Which RPCs: `shop.v1.Orders/Watch` (a method), `shop.v1.Orders/*` (a service), `shop.v1.*` (a package) or `*`.
   * Of several that fit an RPC the most specific one counts, wherever it stands in the list.
   */
  readonly method: string;
  /**
   * Who must answer: `orders:50051`, `orders.shop:50051` (with its namespace), or null for RPCs that the gateway must
   * route nowhere.
   */
  readonly backend: string | null;
  /** The subset of a DestinationRule whose pods must answer. */
  readonly subset?: string;
  /** The hosts that it holds for; default all. */
  readonly hosts?: readonly string[];
  /** Metadata that an RPC carries to be routed so, such as `{ 'x-tenant': 'gold' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The kind of the methods, where no proto says it; default `unary`. */
  readonly kind?: RpcKind;
  /**
   * After how long the gateway must cut an RPC: `5s`, `1500ms`, or `none`. Default: what the VirtualService says, and
   * `none` for methods that stream.
   */
  readonly timeout?: string;
  /** How often a failed RPC must be tried; `none` for exactly once. Default: what the VirtualService says. */
  readonly retries?: ExpectedRetries | 'none';
}

/** What a team proves of its own ingress. Paths are relative to the file that the configuration stands in. */
export interface TeamConfig {
  /** Begins the names of the cases; lower-case letters, digits, `.` and `-`. Default `own`. */
  readonly name?: string;
  /**
   * The YAML files, and folders of them, that the team ships: Gateways, VirtualServices, DestinationRules,
   * EnvoyFilters and the like. A folder with a kustomization.yaml is rendered by kustomize. Services say how their ports
   * are declared; Deployments and other workloads are left out, since sample services stand in for them.
   */
  readonly manifests: readonly string[];
  /** Namespace of objects that name none; default `default`. */
  readonly namespace?: string;
  /** Where RPCs must go. What is not named must be routed nowhere. */
  readonly routes: readonly [ExpectedRoute, ...ExpectedRoute[]];
  /**
   * Hosts that clients call. Default: those of the VirtualServices, with `meshproof` in the place of a wildcard.
   */
  readonly hosts?: readonly string[];
  /** Names that the certificate of a credentialName is issued for; default the hosts of its Gateway servers. */
  readonly certificates?: Readonly<Record<string, readonly string[]>>;
  /** .proto files, or folders of them, by which methods are known by kind and messages by their fields. */
  readonly protos?: readonly string[];
  /** An origin that each corsPolicy allows by a regex, and so cannot be derived: `{ 'https://.*': 'https://a.example' }`. */
  readonly origins?: Readonly<Record<string, string>>;
  /**
   * Cases that are known to fail, on all versions or on some: they run, and must fail. Patterns as for `--only`; each
   * must match a case, and says why it is there.
   */
  readonly knownFailing?: readonly KnownFailing[];
  /** Cases of the team's own. */
  readonly cases?: readonly TeamCase[];
}

/** The configuration as it is, with its type checked by editors: `export default defineConfig({ ... })`. */
export const defineConfig = (config: TeamConfig): TeamConfig => config;
