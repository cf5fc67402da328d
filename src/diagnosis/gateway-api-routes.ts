/** GRPCRoutes and HTTPRoutes as the entries that VirtualServices have: rules look at both alike. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { type RankedMatch, grpcMatch, httpMatch } from './gateway-api-matches.ts';
import { apiGateways, grpcRoutes, httpRoutes } from './gateway-api-objects.ts';
import type { HttpRoute, VirtualService } from './istio-objects.ts';

/** A route of Gateway API, and how its matches are ranked, rule by rule. */
export interface ApiRoute extends VirtualService {
  readonly ranked: readonly (readonly RankedMatch[])[];
  readonly parents: readonly ParentRef[];
  /** Of the listeners that it names. */
  readonly ports: readonly number[];
}
type ParentRef = ReturnType<typeof grpcRoutes>[number]['spec']['parentRefs'][number];
/** What rules of both kinds have; timeouts only an HTTPRoute's. */
type Rule = Omit<ReturnType<typeof httpRoutes>[number]['spec']['rules'][number], 'matches'>;
type Modifier = NonNullable<Rule['filters'][number]['requestHeaderModifier']>;
type ApiGateway = ReturnType<typeof apiGateways>[number];

/** All of them. Where a route has no hostnames, those of its listeners count. */
export function apiRoutes(objects: readonly KubernetesObject[]): ApiRoute[] {
  const gateways = apiGateways(objects);
  const made = [
    ...grpcRoutes(objects).map((each) => ({
      each,
      rules: each.spec.rules.map((rule) => ({
        rule,
        // What takes everything, where a rule names nothing.
        ranked: rule.matches.length === 0 ? [EVERYTHING] : rule.matches.map(grpcMatch),
      })),
    })),
    ...httpRoutes(objects).map((each) => ({
      each,
      rules: each.spec.rules.map((rule) => ({
        rule,
        ranked: rule.matches.length === 0 ? [httpMatch({ headers: [] })] : rule.matches.map(httpMatch),
      })),
    })),
  ];
  return made.map(({ each, rules }): ApiRoute => {
    const { hostnames, parentRefs } = each.spec;
    const listeners = parentRefs.flatMap((ref) => listenersOf(ref, each.namespace, gateways));
    const ofListeners = listeners.map(({ hostname }) => hostname ?? '*');
    return {
      ...each,
      parents: parentRefs,
      ports: listeners.map(({ port }) => port),
      ranked: rules.map(({ ranked }) => ranked),
      spec: {
        hosts: hostnames.length > 0 ? hostnames : [...new Set(ofListeners)],
        gateways: parentRefs.map(({ name }) => name),
        http: rules.map(({ rule, ranked }) => entryOf(rule, ranked, each.namespace)),
        tcp: [],
        tls: [],
      },
    };
  });
}

const EVERYTHING: RankedMatch = { match: {}, rank: -2, length: 0 };

/** The listeners that a parentRef names; none where it names nothing that is there. */
export function listenersOf(
  { name, namespace, sectionName }: ParentRef,
  own: string,
  gateways: readonly ApiGateway[],
): ApiGateway['spec']['listeners'] {
  return gateways
    .filter((gateway) => gateway.name === name && gateway.namespace === (namespace ?? own))
    .flatMap(({ spec }) =>
      spec.listeners.filter((listener) => sectionName === undefined || listener.name === sectionName),
    );
}

function entryOf(rule: Rule, ranked: readonly RankedMatch[], own: string): HttpRoute {
  const request = rule.filters.find((filter) => filter.requestHeaderModifier)?.requestHeaderModifier;
  const response = rule.filters.find((filter) => filter.responseHeaderModifier)?.responseHeaderModifier;
  const timeout = rule.timeouts?.backendRequest ?? rule.timeouts?.request;
  return {
    match: ranked.map(({ match }) => match),
    route: rule.backendRefs.map(({ name, namespace = own, port, weight }) => ({
      destination: {
        host: `${name}.${namespace}.svc.cluster.local`,
        ...(port === undefined ? {} : { port: { number: port } }),
      },
      weight,
    })),
    mirrors: rule.filters.flatMap(({ requestMirror }) =>
      requestMirror === undefined ? [] : [{ destination: { host: requestMirror.backendRef.name } }],
    ),
    ...(timeout === undefined ? {} : { timeout }),
    ...(request === undefined && response === undefined
      ? {}
      : {
          headers: {
            ...(request && { request: operationsOf(request) }),
            ...(response && { response: operationsOf(response) }),
          },
        }),
  };
}

const operationsOf = ({ set, add, remove }: Modifier) => ({
  set: Object.fromEntries(set.map(({ name, value }) => [name, value])),
  add: Object.fromEntries(add.map(({ name, value }) => [name, value])),
  remove,
});
