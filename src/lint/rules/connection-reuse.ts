import { findService } from '../istio/hosts.ts';
import { signOfDestination } from '../istio/grpc-signs.ts';
import { isHttp2, portProtocol } from '../istio/port-protocol.ts';
import type { Problem, Rule } from '../rule.ts';

export const connectionReuse: Rule = {
  id: 'connection-reuse',
  title: 'Every RPC gets a connection of its own',
  severity: 'warning',
  why: 'maxRequestsPerConnection: 1 lets each HTTP/2 connection carry one stream only. Every RPC then pays for a TCP and TLS handshake, and long streams each hold a connection.',
  fix: 'Leave maxRequestsPerConnection out for gRPC.',
  links: [
    'https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings-HTTPSettings',
  ],
  *check(configuration): Iterable<Problem> {
    for (const rule of configuration.networking('DestinationRule')) {
      const service = findService(configuration, rule.at('spec', 'host').text ?? '', rule);
      const isGrpc =
        signOfDestination(configuration, rule.at('spec')) !== undefined ||
        service?.at('spec', 'ports').items.every((port) => isHttp2(portProtocol(port)));
      if (isGrpc !== true) continue;
      const limit = rule.at('spec', 'trafficPolicy', 'connectionPool', 'http', 'maxRequestsPerConnection');
      if (limit.number === 1)
        yield {
          at: limit,
          message: `Each connection to ${String(rule.at('spec', 'host').text)} carries one RPC.`,
        };
    }
  },
};
