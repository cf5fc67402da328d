import type { Field } from '../field.ts';
import { isHttp, isHttp2, portProtocol, protocolNamed } from '../istio/port-protocol.ts';
import { destinationsOf, serversOf } from '../istio/virtual-service.ts';
import { findService, portsMeant } from '../istio/hosts.ts';
import type { Configuration } from '../configuration.ts';
import type { Problem, Rule } from '../rule.ts';

/** Whether a gateway's server ends TLS, if any, and reads HTTP: then only `http` routes are looked at. */
function readsHttp(server: Field): boolean {
  const protocol = protocolNamed(server.at('port', 'protocol').text ?? '');
  const passedOn = server.at('tls', 'mode').text?.endsWith('PASSTHROUGH') ?? false;
  return isHttp(protocol) || (protocol === 'HTTPS' && !passedOn);
}

/** Why a route under `tcp` or `tls` is never used; nothing where it may well be. */
function whyUnused(configuration: Configuration, route: Field): string | undefined {
  const servers = serversOf(configuration, route);
  const [server] = servers;
  if (server && servers.every(readsHttp)) {
    const { text: protocol } = server.at('port', 'protocol');
    return `${configuration.describe(server)} takes ${String(protocol)} at this host, where only http routes count`;
  }
  if (server) return undefined;
  const declared = destinationsOf(route)
    .flatMap((destination) => {
      const service = findService(configuration, destination.at('host').text ?? '', destination);
      return service ? portsMeant(service, destination) : [];
    })
    .find((port) => isHttp2(portProtocol(port)));
  return declared && `${configuration.describe(declared)} declares its port as ${portProtocol(declared)}`;
}

export const routeSection: Rule = {
  id: 'route-section',
  title: 'A gRPC route stands under tcp or tls',
  severity: 'error',
  why: 'gRPC is HTTP/2, and Istio routes HTTP by the http section alone. Under tcp or tls the route is accepted and does nothing at a listener that reads HTTP: the RPC gets 12 UNIMPLEMENTED (NR, route_not_found).',
  fix: 'Move the route under http.',
  links: ['https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService'],
  *check(configuration): Iterable<Problem> {
    for (const service of configuration.networking('VirtualService')) {
      for (const section of ['tcp', 'tls']) {
        for (const route of service.at('spec', section).items) {
          const why = whyUnused(configuration, route);
          if (why === undefined) continue;
          yield { at: service.at('spec', section), message: `Routes under ${section} are not used: ${why}.` };
          break;
        }
      }
    }
  },
};
