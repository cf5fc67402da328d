import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';
import { MESH, gatewaysOf, httpRoutes, isCatchAll } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

/** The catch-alls at each host of each gateway. Sidecars do not merge; that is another rule's. */
function catchAlls(
  configuration: Configuration,
): ReadonlyMap<string, readonly { host: string; route: Field }[]> {
  const found = new Map<string, { host: string; route: Field }[]>();
  for (const service of configuration.networking('VirtualService')) {
    const route = httpRoutes(service).find(isCatchAll);
    if (!route || service.at('spec', 'exportTo').exists) continue;
    for (const gateway of gatewaysOf(configuration, service).filter((name) => name !== MESH)) {
      for (const host of new Set(service.at('spec', 'hosts').texts.map((each) => each.toLowerCase()))) {
        const key = `${gateway} ${host}`;
        found.set(key, [...(found.get(key) ?? []), { host, route }]);
      }
    }
  }
  return found;
}

export const catchAllCollision: Rule = {
  id: 'catch-all-collision',
  title: 'Several catch-all routes on one host',
  severity: 'error',
  why: 'Istio puts the VirtualServices of a host one behind the other, oldest first, with catch-alls last. Only the first catch-all is ever reached: the destinations, timeouts and retries of the others are silently not in effect.',
  fix: 'Give each a path to match, such as prefix: /package.Service/, or put all routes into one VirtualService.',
  links: [
    'https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services',
    'https://github.com/istio/istio/issues/57172',
  ],
  *check(configuration): Iterable<Problem> {
    const told = new Set<unknown>();
    for (const found of catchAlls(configuration).values()) {
      const [first, ...others] = found;
      if (!first) continue;
      for (const { host, route } of others) {
        if (told.has(route.value)) continue;
        told.add(route.value);
        yield {
          at: route,
          message: `${host} has ${found.length} catch-all routes; whichever VirtualService is the oldest wins, and this one or another is never reached.`,
          related: [{ at: first.route, message: `catch-all of ${configuration.describe(first.route)}` }],
        };
      }
    }
  },
};
