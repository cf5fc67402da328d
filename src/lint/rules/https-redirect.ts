import { isHttp2, protocolNamed } from '../istio/port-protocol.ts';
import type { Problem, Rule } from '../rule.ts';

export const httpsRedirect: Rule = {
  id: 'https-redirect',
  title: 'A plaintext gRPC server redirects to HTTPS',
  severity: 'error',
  why: 'A gRPC client follows no redirect: it takes the 301 for a broken reply and ends every RPC with 2 UNKNOWN or 14 UNAVAILABLE. A server that is declared for HTTP/2 in plain text has no other clients.',
  fix: 'Remove httpsRedirect, or remove the plaintext server and let clients use TLS.',
  links: ['https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md'],
  *check(configuration): Iterable<Problem> {
    for (const server of configuration
      .networking('Gateway')
      .flatMap((gateway) => gateway.at('spec', 'servers').items)) {
      const redirect = server.at('tls', 'httpsRedirect');
      const protocol = server.at('port', 'protocol').text ?? '';
      if (!redirect.isTrue || !isHttp2(protocolNamed(protocol))) continue;
      yield {
        at: redirect,
        message: `This server is for ${protocol} in plain text, and answers every request with a redirect.`,
      };
    }
  },
};
