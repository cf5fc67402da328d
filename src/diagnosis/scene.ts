import type { CallEvidence, Disagreement, Evidence } from './evidence.ts';
import { covers } from './labels.ts';
import { apiRoutes } from './gateway-api-routes.ts';
import { attachedIn } from './gateway-api-attachment.ts';
import { type GatewayServer, listenersAsServers, serversOf } from './gateway-servers.ts';
import {
  type EnvoyFilter,
  type Gateway,
  type Service,
  type VirtualService,
  deployments,
  destinationRules,
  envoyFilters,
  gateways,
  services,
  virtualServices,
} from './istio-objects.ts';
import { type RouteEntry, allEntries, entriesFor, matching } from './routing-table.ts';

const failed = ({ client }: CallEvidence): boolean => {
  if (client.kind === 'rpc') return client.status?.name !== 'OK';
  return client.error !== '';
};

/** Within the mesh a short name is one of the VirtualService's own namespace. */
const withFullHosts = (each: VirtualService): VirtualService => ({
  ...each,
  spec: {
    ...each.spec,
    hosts: each.spec.hosts.map((host) =>
      host.includes('.') || host.includes('*') ? host : `${host}.${each.namespace}.svc.cluster.local`,
    ),
  },
});

/** The evidence as rules look at it: one call that stands for all, and the objects by their kinds. */
export class Scene {
  readonly evidence: Evidence;
  /** The call to explain: the first that failed, or the first. Absent when nothing was called. */
  readonly call: CallEvidence | undefined;
  readonly gateways: readonly Gateway[];
  /** Servers of the Gateways for the port that the call went to, listeners of Gateway API among them. */
  readonly servers: readonly GatewayServer[];
  /** Those that are bound to a Gateway which is there. */
  readonly virtualServices: readonly VirtualService[];
  /** Those that are not. */
  readonly unbound: readonly VirtualService[];
  readonly services: readonly Service[];
  readonly deployments: ReturnType<typeof deployments>;
  readonly destinationRules: ReturnType<typeof destinationRules>;
  readonly envoyFilters: readonly EnvoyFilter[];
  /** The entries that a request of the call's authority meets, in order; without a call, all. */
  readonly entries: readonly RouteEntry[];
  /** Of these, the ones that match the call; the first one counts. */
  readonly matching: readonly RouteEntry[];

  constructor(evidence: Evidence) {
    this.evidence = evidence;
    this.call = evidence.calls.find(failed) ?? evidence.calls[0];
    const request = this.call?.request;
    const inMesh = request?.inMesh !== undefined;
    this.gateways = inMesh ? [] : gateways(evidence.objects);
    const listeners = inMesh ? [] : listenersAsServers(evidence.objects);
    this.servers = [...serversOf(this.gateways), ...listeners].filter(
      ({ server }) => server.port.number === request?.port,
    );
    const known = new Set(this.gateways.flatMap(({ namespace, name }) => [name, `${namespace}/${name}`]));
    const all = virtualServices(evidence.objects);
    const bound = (each: VirtualService) => each.spec.gateways.some((name) => known.has(name));
    const ofMesh = (each: VirtualService) => each.spec.gateways.includes('mesh');
    // Those of other listeners have no part in it; of one that names no listener nobody can tell.
    const api = apiRoutes(evidence.objects).filter(
      ({ ports }) => !inMesh && (request === undefined || ports.length === 0 || ports.includes(request.port)),
    );
    const attached = attachedIn(evidence.objects);
    this.virtualServices = inMesh
      ? all.filter(ofMesh).map(withFullHosts)
      : [...all.filter(bound), ...api.filter((route) => attached(route).problem === undefined)];
    this.unbound = inMesh
      ? []
      : [
          ...all.filter((each) => !bound(each) && !ofMesh(each)),
          ...api.filter((route) => attached(route).problem !== undefined),
        ];
    this.services = services(evidence.objects);
    this.deployments = deployments(evidence.objects);
    this.destinationRules = destinationRules(evidence.objects);
    this.envoyFilters = envoyFilters(evidence.objects);
    this.entries =
      request === undefined ? allEntries(this.virtualServices) : entriesFor(this.virtualServices, request);
    this.matching = request === undefined ? this.entries : matching(this.entries, request);
  }

  /** The route that the call meets; without a call, the first there is. */
  get route(): RouteEntry | undefined {
    return this.matching[0];
  }

  /** The first disagreement about `what`. */
  disagreement(what: RegExp): Disagreement | undefined {
    return this.evidence.disagreements.find((each) => what.test(each.what));
  }

  /** Everything the client said about its failure, on one line; empty when it has nothing to complain about. */
  get complaint(): string {
    const client = this.call?.client;
    if (client === undefined) return '';
    if (client.kind !== 'rpc') return client.error;
    const status = client.status;
    return [
      status === undefined || status.name === 'OK' ? '' : `${status.name}: ${status.details}`,
      client.error ?? '',
      client.process?.exitCode === 0 ? '' : (client.process?.stderr ?? ''),
      status?.name === 'OK' ? '' : (client.page?.console ?? ''),
    ]
      .filter((text) => text !== '')
      .join('; ')
      .trim();
  }

  /** Whether the gateway's HTTP layer has seen the call. */
  get reachedHttp(): boolean {
    return (this.call?.gateway.length ?? 0) > 0;
  }

  /** Whether a service has seen the call. */
  get reachedService(): boolean {
    return (this.call?.ledger.length ?? 0) > 0;
  }

  /**
   * The service that the access log says the gateway called: `outbound|50051||name.namespace.svc...`. Of a client in the
   * mesh: where its route leads, or whom it dials.
   */
  get calledService(): string | undefined {
    const inMesh = this.call?.request.inMesh;
    if (inMesh !== undefined) {
      return (this.route?.route.route[0]?.destination.host ?? inMesh.dialled).split('.')[0];
    }
    const cluster = String(this.call?.gateway.at(-1)?.upstreamCluster ?? '');
    return /^outbound\|\d+\|[^|]*\|([^.]+)\./.exec(cluster)?.[1];
  }

  /** The DestinationRule of the service that was called, or was to be. */
  get destinationRule(): Scene['destinationRules'][number] | undefined {
    const called = this.calledService ?? this.route?.route.route[0]?.destination.host.split('.')[0];
    return this.destinationRules.find(({ spec }) => spec.host.split('.')[0] === called);
  }

  /** The Deployments whose pods the called service selects. */
  get calledDeployments(): Scene['deployments'] {
    const service = this.services.find(({ name }) => name === this.calledService);
    return service === undefined
      ? []
      : this.deployments.filter(({ spec }) => covers(service.spec.selector, spec.template.metadata.labels));
  }

  /** The response flags and details that the gateway logged for the call. */
  get verdictOfGateway(): { readonly flags: readonly string[]; readonly details: string } {
    const line = this.call?.gateway.at(-1);
    return {
      flags: String(line?.responseFlags ?? '')
        .split(',')
        .filter((flag) => flag !== ''),
      details: String(line?.responseCodeDetails ?? ''),
    };
  }
}
