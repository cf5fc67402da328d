import { protocolNamed } from '../istio/port-protocol.ts';
import { httpRoutes, serversOf } from '../istio/virtual-service.ts';
import type { Field } from '../field.ts';
import type { Problem, Rule } from '../rule.ts';

/** Why a server never looks at http routes; nothing where it does. */
function whyBlind(server: Field): { readonly at: Field; readonly message: string } | undefined {
  const protocol = protocolNamed(server.at('port', 'protocol').text ?? '');
  const mode = server.at('tls', 'mode');
  if (protocol === 'TCP') return { at: server.at('port', 'protocol'), message: 'TCP is passed on as bytes' };
  if ((mode.text?.endsWith('PASSTHROUGH') ?? false) && (protocol === 'TLS' || protocol === 'HTTPS')) {
    return { at: mode, message: `with ${String(mode.text)} the gateway does not end TLS` };
  }
  if (protocol === 'TLS') {
    return {
      at: server.at('port', 'protocol'),
      message: 'TLS means any bytes inside of TLS, for which no ALPN is offered',
    };
  }
  return undefined;
}

export const gatewayProtocol: Rule = {
  id: 'gateway-protocol',
  title: 'A Gateway server does not read the HTTP/2 that is routed through it',
  severity: 'error',
  why: 'http routes count only where the gateway ends TLS itself and reads HTTP. A server for TCP, TLS or PASSTHROUGH knows no paths, and one for TLS offers no h2 by ALPN, which gRPC clients demand (grpc-go from 1.67: "missing selected ALPN property").',
  fix: 'Use protocol: HTTPS with tls.mode SIMPLE or MUTUAL, or HTTP without tls; or route under tls by SNI and let the backend end TLS.',
  links: [
    'https://istio.io/latest/docs/reference/config/networking/gateway/#Port',
    'https://github.com/grpc/grpc-go/issues/7922',
  ],
  *check(configuration): Iterable<Problem> {
    const seen = new Set<unknown>();
    for (const service of configuration.networking('VirtualService')) {
      const [route] = httpRoutes(service);
      if (!route) continue;
      const servers = serversOf(configuration, service);
      // Where one server reads HTTP, the routes are for that one.
      if (servers.some((server) => !whyBlind(server))) continue;
      for (const server of servers) {
        const blind = whyBlind(server);
        if (!blind || seen.has(server.value)) continue;
        seen.add(server.value);
        yield {
          at: blind.at,
          message: `The http routes of ${configuration.describe(service)} are not used at this server: ${blind.message}.`,
          related: [{ at: route, message: 'a route that is not used' }],
        };
      }
    }
  },
};
