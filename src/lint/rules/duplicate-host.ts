import type { Field } from '../field.ts';
import { MESH, gatewaysOf } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

function* twiceIn(hosts: readonly Field[]): Iterable<Problem> {
  const seen = new Map<string, Field>();
  for (const host of hosts) {
    const name = host.text?.toLowerCase();
    if (name === undefined) continue;
    const first = seen.get(name);
    if (first)
      yield { at: host, message: `${name} is listed twice.`, related: [{ at: first, message: 'here too' }] };
    else seen.set(name, host);
  }
}

export const duplicateHost: Rule = {
  id: 'duplicate-host',
  title: 'A host is defined twice',
  severity: 'warning',
  why: 'Sidecars do not merge VirtualServices: of several for one host they take the oldest alone, and all routes of the others are not in effect. (Gateways do merge them.)',
  fix: 'Put the routes of a host into one VirtualService.',
  links: ['https://istio.io/latest/docs/reference/config/analysis/ist0109/'],
  *check(configuration): Iterable<Problem> {
    const atSidecars = new Map<string, Field>();
    for (const service of configuration.networking('VirtualService')) {
      const hosts = service.at('spec', 'hosts').items;
      yield* twiceIn(hosts);
      if (!gatewaysOf(configuration, service).includes(MESH)) continue;
      for (const host of hosts) {
        if (host.text === undefined || service.at('spec', 'exportTo').exists) continue;
        const short = !host.text.includes('.') && host.text !== '*';
        const key = short
          ? `${host.text}.${configuration.namespaceOf(service)}.svc.cluster.local`
          : host.text.toLowerCase();
        const first = atSidecars.get(key);
        if (!first) atSidecars.set(key, host);
        else if (first.object !== host.object) {
          yield {
            at: host,
            message: `${configuration.describe(first)} defines ${host.text} for sidecars too; only the older one is in effect.`,
            related: [{ at: first, message: 'here too' }],
          };
        }
      }
    }
    for (const gateway of configuration.networking('Gateway')) {
      for (const server of gateway.at('spec', 'servers').items) yield* twiceIn(server.at('hosts').items);
    }
  },
};
