import { hostOf } from '../../clients/target.ts';
import { attachedIn } from '../gateway-api-attachment.ts';
import { type ApiRoute, apiRoutes } from '../gateway-api-routes.ts';
import { serverField } from '../gateway-servers.ts';
import { grpcRoutes, httpRoutes, referenceGrants } from '../gateway-api-objects.ts';
import { isForHost } from '../routing-table.ts';
import { logged } from '../wording.ts';
import { at, nameOf } from '../naming.ts';
import type { Rule } from '../rule.ts';
import type { Scene } from '../scene.ts';

/** The gateway has no route where Gateway API says that there is one. */
export const routeNotProgrammed: Rule = (scene) => {
  const { flags } = scene.verdictOfGateway;
  const { call } = scene;
  if (call === undefined || !flags.includes('NR')) return;
  const because = ['The gateway logged NR: it has no route for the request.'];
  const host = hostOf(call.request.authority);
  const { objects } = scene.evidence;
  const ofGrpc = grpcRoutes(objects);
  const [grpc, http] = [ofGrpc, httpRoutes(objects)].map((routes) =>
    routes.find(({ spec }) => spec.hostnames.includes(host)),
  );
  if (grpc !== undefined && http !== undefined) {
    return {
      cause: 'route-kinds-on-one-host',
      confidence: 'likely',
      summary: `${nameOf(grpc)} and ${nameOf(http)} share the host ${host}; some releases of Istio take only one kind of the two.`,
      because,
    };
  }
  const hostless = ofGrpc.find(({ spec }) => spec.hostnames.length === 0);
  if (hostless === undefined) return;
  return {
    cause: 'grpcroute-without-hostnames',
    confidence: 'likely',
    summary: `${nameOf(hostless)} has no hostnames; some releases of Istio accept such a route and never program it.`,
    change: at(hostless, 'spec.hostnames', undefined),
    because,
  };
};

/** A route of Gateway API is for the host, and no listener takes it. */
export const notAttached: Rule = (scene) => {
  const { call } = scene;
  if (call === undefined || call.request.inMesh !== undefined || scene.matching.length > 0) return;
  if (scene.reachedService || scene.complaint === '') return;
  const { objects } = scene.evidence;
  const attached = attachedIn(objects);
  const host = call.request.authority;
  // Without hostnames, and without a listener to have them from, a route is for every host.
  const isFor = (each: ApiRoute) => each.spec.hosts.length === 0 || isForHost(each, host);
  const all = apiRoutes(objects);
  // Hostnames that fit no listener are hardly those that were meant.
  const misnamed = all.filter((each) => !isFor(each) && attached(each).problem?.field === 'spec.hostnames');
  for (const route of [...all.filter(isFor), ...misnamed]) {
    const { problem } = attached(route);
    if (problem === undefined) continue;
    return {
      cause: 'route-not-at-gateway',
      confidence: 'certain',
      summary: `${nameOf(route)} is not in effect: ${problem.text}.`,
      change: at(problem.gateway ?? route, problem.field, problem.found),
      because: [scene.reachedHttp ? logged(scene) : scene.complaint],
    };
  }
  return undefined;
};

/** A route leads into another namespace, whose owners have to say that it may. */
export const notGranted: Rule = (scene) => {
  const { route } = scene;
  if (route === undefined || !['GRPCRoute', 'HTTPRoute'].includes(route.virtualService.kind)) return;
  if (scene.reachedService || !scene.reachedHttp) return;
  const { kind, namespace } = route.virtualService;
  const destination = route.route.route[0]?.destination;
  const [name, target] = destination?.host.split('.') ?? [];
  if (name === undefined || target === undefined || target === namespace) return;
  const granted = isGranted(scene, { kind, namespace }, { kind: 'Service', namespace: target, name });
  if (granted) return;
  return {
    cause: 'reference-not-granted',
    confidence: 'certain',
    summary: `${nameOf(route.virtualService)} leads to ${name} in the namespace ${target}, and no ReferenceGrant there allows ${kind}s of ${namespace} that.`,
    change: at(
      { kind: 'ReferenceGrant', namespace: target, name: namespace },
      'spec.from',
      `no ${kind} of ${namespace}`,
    ),
    because: [logged(scene)],
  };
};

/** A listener's certificate lies in another namespace: the same goes for it. */
export const certificateNotGranted: Rule = (scene) => {
  if (scene.call?.request.tls !== true || scene.reachedHttp) return;
  if (scene.complaint === '' && scene.disagreement(/TLS|ALPN|chain/) === undefined) return;
  for (const server of scene.servers) {
    const { gateway, secretNamespace } = server;
    const name = server.server.tls?.credentialName;
    if (name === undefined || secretNamespace === undefined || secretNamespace === gateway.namespace)
      continue;
    if (isGranted(scene, gateway, { kind: 'Secret', namespace: secretNamespace, name })) continue;
    return {
      cause: 'reference-not-granted',
      confidence: 'certain',
      summary: `${nameOf(gateway)} has its certificate from the Secret ${name} in the namespace ${secretNamespace}, and no ReferenceGrant there allows Gateways of ${gateway.namespace} that. The listener is left out.`,
      change: at(
        { kind: 'ReferenceGrant', namespace: secretNamespace, name: gateway.namespace },
        'spec.to',
        `not the Secret ${name}, which ${serverField(server, 'tls.credentialName')} names`,
      ),
      because: [scene.complaint === '' ? 'The handshake went otherwise than wanted.' : scene.complaint],
    };
  }
  return undefined;
};

/** Whether a ReferenceGrant of the target's namespace allows the reference (Gateway API: ReferenceGrant). */
const isGranted = (
  scene: Scene,
  from: { readonly kind: string; readonly namespace: string },
  to: { readonly kind: string; readonly namespace: string; readonly name: string },
): boolean =>
  referenceGrants(scene.evidence.objects).some(
    (grant) =>
      grant.namespace === to.namespace &&
      grant.spec.from.some((each) => each.kind === from.kind && each.namespace === from.namespace) &&
      grant.spec.to.some(
        (each) => each.kind === to.kind && (each.name === undefined || each.name === to.name),
      ),
  );
