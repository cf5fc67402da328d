import { hostOf } from '../../clients/target.ts';
import { grpcRoutes, httpRoutes } from '../istio-objects.ts';
import { at, nameOf } from '../naming.ts';
import type { Rule } from '../rule.ts';

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
