import { isHttp, protocolNamed } from '../istio/port-protocol.ts';
import type { Problem, Rule } from '../rule.ts';

export const gatewayTlsProtocol: Rule = {
  id: 'gateway-tls-protocol',
  title: 'Protocol and TLS settings of a Gateway server contradict each other',
  severity: 'error',
  why: 'HTTP, HTTP2 and GRPC are protocols in plain text; HTTPS and TLS need TLS settings. Istio refuses either mixture, so that the Gateway stays as it was.',
  fix: 'For gRPC over TLS: protocol: HTTPS, tls.mode: SIMPLE and credentialName. For plaintext gRPC: protocol: HTTP or GRPC, and no tls.',
  links: ['https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings'],
  *check(configuration): Iterable<Problem> {
    for (const server of configuration
      .networking('Gateway')
      .flatMap((gateway) => gateway.at('spec', 'servers').items)) {
      const named = server.at('port', 'protocol');
      const protocol = protocolNamed(named.text ?? '');
      const tls = server.at('tls');
      const ended = ['SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'].includes(
        tls.at('mode').text ?? '',
      );
      if (isHttp(protocol) && (ended || tls.at('credentialName').exists)) {
        yield {
          at: named,
          message: `${String(named.text)} is plain text, but the server has TLS settings.`,
          fix: 'Write protocol: HTTPS.',
        };
      }
      if ((protocol === 'HTTPS' || protocol === 'TLS') && !tls.exists) {
        yield { at: named, message: `${String(named.text)} needs TLS settings, and the server has none.` };
      }
    }
  },
};
