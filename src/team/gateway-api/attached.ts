import type { KubernetesObject } from '@kubernetes/client-node';
import { isGatewayApi } from '../../environments/gateway-api/gateway-api.ts';
import { AS_WRITTEN } from '../../environments/placement.ts';
import { UsageError } from '../../errors.ts';
import { type Located, placeOf, shownName } from '../sources.ts';
import { gatewaySpec, grpcRouteSpec, httpRouteSpec, notTaken } from './schema.ts';

const HOST = `istio-ingressgateway.${AS_WRITTEN.gateway}.svc.cluster.local`;

/** Kinds that change where gRPC goes, or how, and of which nothing is proven. */
const REFUSED = ['TLSRoute', 'ListenerSet', 'XListenerSet', 'BackendTLSPolicy', 'XBackendTrafficPolicy'];

/** Whether an object of a team is one of Gateway API that is applied. */
export const isTaken = ({ object }: Located): boolean =>
  isGatewayApi(object) && ['Gateway', 'GRPCRoute', 'HTTPRoute', 'ReferenceGrant'].includes(object.kind ?? '');

/**
 * A team's Gateways and routes, attached to the ingress gateway that every mesh here has. At home Istio makes a
 * Deployment and a Service for each Gateway; here each goes to the namespace of the one that is there, which is what
 * Istio calls a manual deployment: it takes the credentials of no other namespace then. What in Gateways and routes names
 * a namespace by saying nothing says it now, so that all of it means what it did.
 *
 * @throws UsageError for what would not be proven, with its place
 */
export function attached(sources: readonly Located[]): Located[] {
  for (const source of sources) {
    const { apiVersion = '', kind = '' } = source.object;
    if (/^gateway\.networking\.(x-)?k8s\.io\//.test(apiVersion) && REFUSED.includes(kind))
      throw notTaken(source, ['kind'], 'not taken');
  }
  const gateways = sources.filter((each) => isTaken(each) && each.object.kind === 'Gateway');
  const moved = new Map<string, Located>();
  for (const each of gateways) {
    const { name = '' } = each.object.metadata ?? {};
    const other = moved.get(name);
    if (other !== undefined)
      throw new UsageError(
        `${placeOf(each)}: ${shownName(each)} has the name of ${shownName(other)} (${placeOf(other)}), and both are attached to one ingress gateway`,
        { hint: 'Prove them by a configuration each.' },
      );
    moved.set(name, each);
  }
  const keys = new Set(gateways.map(({ object }) => keyOf(object)));
  return sources.map((source): Located => {
    if (!isTaken(source)) return source;
    switch (source.object.kind) {
      case 'Gateway':
        return { ...source, written: source.object, object: movedGateway(source) };
      case 'GRPCRoute':
      case 'HTTPRoute':
        return { ...source, written: source.object, object: reboundRoute(source, keys) };
      default:
        return source;
    }
  });
}

const keyOf = ({ metadata }: KubernetesObject): string =>
  `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

function movedGateway(source: Located): KubernetesObject {
  const { object } = source;
  const own = object.metadata?.namespace ?? '';
  const spec = gatewaySpec(source);
  const listeners = spec.listeners.map((listener, i) => {
    const { tls, allowedRoutes } = listener;
    for (const [j, { namespace = own }] of (tls?.certificateRefs ?? []).entries())
      if (namespace !== own)
        throw notTaken(
          source,
          ['spec', 'listeners', i, 'tls', 'certificateRefs', j, 'namespace'],
          'not taken: certificates stand beside their Gateway here',
        );
    const from = allowedRoutes?.namespaces?.from ?? 'Same';
    return {
      ...listener,
      ...(tls && {
        tls: { ...tls, certificateRefs: tls.certificateRefs.map(({ name }) => ({ name })) },
      }),
      allowedRoutes: {
        ...allowedRoutes,
        namespaces:
          from === 'Same'
            ? { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': own } } }
            : allowedRoutes?.namespaces,
      },
    };
  });
  return {
    ...object,
    metadata: { ...object.metadata, namespace: AS_WRITTEN.gateway },
    spec: {
      gatewayClassName: spec.gatewayClassName,
      addresses: [{ type: 'Hostname', value: HOST }],
      listeners,
    },
  } as KubernetesObject;
}

function reboundRoute(source: Located, gateways: ReadonlySet<string>): KubernetesObject {
  const { object } = source;
  const { parentRefs } = object.kind === 'GRPCRoute' ? grpcRouteSpec(source) : httpRouteSpec(source);
  const rebound = parentRefs.map((parent) => {
    const { namespace = object.metadata?.namespace ?? '', name } = parent;
    return gateways.has(`${namespace}/${name}`) ? { ...parent, namespace: AS_WRITTEN.gateway } : parent;
  });
  const { spec } = object as { spec?: Readonly<Record<string, unknown>> };
  return { ...object, spec: { ...spec, parentRefs: rebound } } as KubernetesObject;
}
