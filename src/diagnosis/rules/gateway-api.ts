import { nameOf } from '../naming.ts';
import type { Rule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { hostOf } from '../../clients/target.ts';

interface ApiRoute {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly hostnames: readonly string[];
}

const routes = (scene: Scene): ApiRoute[] =>
  scene.evidence.objects.flatMap((object) => {
    const { apiVersion = '', kind = '', metadata } = object;
    if (!apiVersion.startsWith('gateway.networking.k8s.io/') || !/^(GRPC|HTTP)Route$/.test(kind)) return [];
    const { spec } = object as { spec?: { hostnames?: readonly string[] } };
    const { namespace, name } = { namespace: metadata?.namespace ?? 'default', name: metadata?.name ?? '' };
    return [{ kind, namespace, name, hostnames: spec?.hostnames ?? [] }];
  });

/** The gateway has no route where Gateway API says that there is one. */
export const routeNotProgrammed: Rule = (scene) => {
  const { flags } = scene.verdictOfGateway;
  const { call } = scene;
  if (call === undefined || !flags.includes('NR')) return;
  const all = routes(scene);
  const because = ['The gateway logged NR: it has no route for the request.'];
  const host = hostOf(call.request.authority);
  const here = all.filter(({ hostnames }) => hostnames.includes(host));
  const [grpc, http] = ['GRPCRoute', 'HTTPRoute'].map((kind) => here.find((route) => route.kind === kind));
  if (grpc !== undefined && http !== undefined) {
    return {
      cause: 'route-kinds-on-one-host',
      confidence: 'likely',
      summary: `${nameOf(grpc)} and ${nameOf(http)} share the host ${host}; some releases of Istio take only one kind of the two.`,
      because,
    };
  }
  const hostless = all.find(({ kind, hostnames }) => kind === 'GRPCRoute' && hostnames.length === 0);
  if (hostless === undefined) return;
  return {
    cause: 'grpcroute-without-hostnames',
    confidence: 'likely',
    summary: `${nameOf(hostless)} has no hostnames; some releases of Istio accept such a route and never program it.`,
    change: { object: nameOf(hostless), field: 'spec.hostnames', found: 'nothing' },
    because,
  };
};
