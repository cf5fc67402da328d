import type { Field } from '../field.ts';
import type { Problem, Rule } from '../rule.ts';

function whatIsWrong(host: string): string | undefined {
  if (/^\w+:\/\//.test(host)) return 'it has a scheme';
  if (/:\d+$/.test(host)) return 'it has a port';
  if (host.endsWith('.')) return 'it ends in a dot';
  return undefined;
}

export const hostName: Rule = {
  id: 'host-name',
  title: 'A host is written as no client says it',
  severity: 'error',
  why: 'Hosts are compared with the authority without its port and with the SNI, which has no trailing dot. A host that is written otherwise matches nothing: 12 UNIMPLEMENTED, or no handshake at all.',
  fix: 'Give the bare name, such as grpc.example.com.',
  links: ['https://github.com/istio/istio/issues/25350', 'https://github.com/istio/istio/issues/28103'],
  *check(configuration): Iterable<Problem> {
    const hosts: Field[] = [
      ...configuration.networking('VirtualService').flatMap((service) => service.at('spec', 'hosts').items),
      ...configuration
        .networking('Gateway')
        .flatMap((gateway) => gateway.at('spec', 'servers').items)
        .flatMap((server) => server.at('hosts').items),
    ];
    for (const host of hosts) {
      const wrong = whatIsWrong(host.text ?? '');
      if (wrong !== undefined)
        yield { at: host, message: `${String(host.text)} matches no request: ${wrong}.` };
    }
  },
};
