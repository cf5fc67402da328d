import type { KubernetesObject } from '@kubernetes/client-node';
import { AS_WRITTEN } from '../environments/placement.ts';
import type { ExpectedRoute } from './config.ts';
import type { HttpEntry } from './entries.ts';
import type { Located } from './sources.ts';

/** A port of a Kubernetes Service. */
export interface Backend {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
}

const DOMAIN = '.svc.cluster.local';
/** What the stand-ins listen on, whatever port of its Service a route names. */
const LISTENS_ON = 50051;
const LABEL = 'meshproof.dev/stand-in';

/** `orders:50051` or `orders.shop:50051`, as an expected route names it. */
export function backendOf(text: string, namespace: string): Backend {
  const [host = '', port = ''] = text.split(':');
  const [name = '', own = namespace] = host.split('.');
  return { name, namespace: own, port: Number(port) };
}

/** The full name of its Service, as Envoy's clusters have it. */
export const fullName = ({ name, namespace }: Pick<Backend, 'name' | 'namespace'>): string =>
  `${name}.${namespace}${DOMAIN}`;

/** What a stand-in calls itself. */
export const identityOf = ({ name, namespace }: Pick<Backend, 'name' | 'namespace'>): string =>
  `${name}.${namespace}`;

/**
 * The Service that a destination names. Istio gives a name without a dot the namespace of its VirtualService; one with a
 * dot is taken as it is, so that `orders.shop` names nothing.
 *
 * @param portOfService what a destination without a port gets
 */
export function destinationOf(
  { host, port }: { readonly host: string; readonly port?: { readonly number: number } | undefined },
  namespace: string,
  portOfService: (name: string, namespace: string) => number,
): Backend | undefined {
  const full = host.includes('.') ? host : `${host}.${namespace}${DOMAIN}`;
  const [name = '', own = '', ...rest] = full.split('.');
  if (`.${rest.join('.')}` !== DOMAIN) return undefined;
  return { name, namespace: own, port: port?.number ?? portOfService(name, own) };
}

/** Every backend that routes name: those that are expected, and those that are written. */
export function backendsOf(
  routes: readonly ExpectedRoute[],
  entries: readonly HttpEntry[],
  namespace: string,
  services: readonly Located[],
): Backend[] {
  const expected = routes.flatMap(({ backend }) => (backend === null ? [] : [backendOf(backend, namespace)]));
  const portOfService = (name: string, own: string) =>
    portsOf(services, { name, namespace: own })[0]?.port ??
    expected.find((each) => each.name === name && each.namespace === own)?.port ??
    LISTENS_ON;
  const written = entries.flatMap(({ route = [], mirror, source }) =>
    [...route.map(({ destination }) => destination), ...(mirror ? [mirror] : [])].flatMap((destination) => {
      const own = source.object.metadata?.namespace ?? namespace;
      return destinationOf(destination, own, portOfService) ?? [];
    }),
  );
  const byKey = new Map(
    [...expected, ...written].map((each) => [`${fullName(each)}:${each.port}`, each] as const),
  );
  return [...byKey.values()];
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly appProtocol?: string;
}

function serviceOf(services: readonly Located[], { name, namespace }: Omit<Backend, 'port'>) {
  return services.find(
    ({ object }) =>
      object.kind === 'Service' && object.metadata?.name === name && object.metadata.namespace === namespace,
  )?.object as (KubernetesObject & { spec?: { ports?: ServicePort[]; clusterIP?: string } }) | undefined;
}

const portsOf = (services: readonly Located[], backend: Omit<Backend, 'port'>): readonly ServicePort[] =>
  serviceOf(services, backend)?.spec?.ports ?? [];

/**
 * What stands in for the backends: Services with the names and ports that routes name, declared as the team's own
 * Service declares them (`grpc` where it gives none), and for each a Deployment of the sample service that answers any
 * method; one for each subset, where a DestinationRule has some.
 */
export function standIns(backends: readonly Backend[], sources: readonly Located[]): KubernetesObject[] {
  const services = Map.groupBy(backends, fullName);
  return [...services.values()].flatMap((ports) => {
    const [first] = ports;
    if (first === undefined) return [];
    const subsets = subsetsOf(first, sources);
    const pods = subsets.length === 0 ? [{ name: '', labels: {} }] : subsets;
    return [
      service(first, ports, serviceOf(sources, first), portsOf(sources, first)),
      ...pods.map((subset) => deployment(first, subset)),
    ];
  });
}

function service(
  { name, namespace }: Backend,
  named: readonly Backend[],
  own: KubernetesObject | undefined,
  ownPorts: readonly ServicePort[],
): KubernetesObject {
  const missing = named.filter(({ port }) => !ownPorts.some((each) => each.port === port));
  // A port that the team's own Service lacks stays missing: that is one of the lines that may be wrong.
  const ports = own === undefined ? missing.map(({ port }) => ({ name: `grpc-${port}`, port })) : ownPorts;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      ...(own?.metadata?.labels ? { labels: own.metadata.labels } : {}),
      ...(own?.metadata?.annotations ? { annotations: own.metadata.annotations } : {}),
    },
    spec: {
      selector: { [LABEL]: name },
      ports: ports.map(({ name: portName, port, appProtocol }: ServicePort) => ({
        ...(portName === undefined ? {} : { name: portName }),
        ...(appProtocol === undefined ? {} : { appProtocol }),
        port,
        targetPort: LISTENS_ON,
      })),
    },
  } as KubernetesObject;
}

interface Subset {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

function subsetsOf(backend: Backend, sources: readonly Located[]): Subset[] {
  return sources.flatMap(({ object }) => {
    if (object.kind !== 'DestinationRule') return [];
    const { spec } = object as { spec?: { host?: string; subsets?: Partial<Subset>[] } };
    const of = destinationOf({ host: spec?.host ?? '' }, object.metadata?.namespace ?? '', () => 0);
    if (of === undefined || fullName(of) !== fullName(backend)) return [];
    return (spec?.subsets ?? []).map(({ name = '', labels = {} }) => ({ name, labels }));
  });
}

function deployment({ name, namespace }: Backend, subset: Subset): KubernetesObject {
  const own = subset.name === '' ? `meshproof-${name}` : `meshproof-${name}-${subset.name}`;
  const selector = { 'meshproof.dev/deployment': own };
  const env = {
    SERVICE_NAME: identityOf({ name, namespace }),
    SERVICE_VERSION: subset.name || 'v1',
    COLLECTOR_ADDRESS: `meshproof-collector.${AS_WRITTEN.samples}:50052`,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: own, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: { app: name, ...subset.labels, [LABEL]: name, ...selector } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'stand-in',
              image: 'meshproof/services',
              imagePullPolicy: 'IfNotPresent',
              args: ['stand-in'],
              env: [
                ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              ],
              ports: [{ name: 'grpc', containerPort: LISTENS_ON }],
              readinessProbe: { grpc: { port: LISTENS_ON }, periodSeconds: 1 },
              resources: { requests: { cpu: '10m', memory: '64Mi' } },
            },
          ],
        },
      },
    },
  } as KubernetesObject;
}
