import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';
import { signOfPort } from '../istio/grpc-signs.ts';
import { serviceOf } from '../istio/hosts.ts';
import { portProtocol, type PortProtocol } from '../istio/port-protocol.ts';
import type { Problem, Rule } from '../rule.ts';

/** What becomes of gRPC on a port that is declared as something else. TLS is left alone: gRPC may be inside. */
const CONSEQUENCES: Partial<Record<PortProtocol, string>> = {
  undeclared: 'a gateway speaks HTTP/1.1 to it, and a sidecar has to guess from the first bytes',
  HTTP: 'a gateway speaks HTTP/1.1 to it, which a gRPC server answers with a reset',
  HTTP_PROXY: 'a gateway speaks HTTP/1.1 to it, which a gRPC server answers with a reset',
  TCP: 'it is passed on as bytes: no routes, no retries, and all RPCs of a connection go to one pod',
};

/** A DestinationRule that makes the proxies speak HTTP/2 to the port all the same. */
function speaksHttp2Anyway(configuration: Configuration, service: Field): boolean {
  return configuration.networking('DestinationRule').some((rule) => {
    const meant = serviceOf(rule.at('spec', 'host').text ?? '', configuration.namespaceOf(rule));
    if (meant?.name !== configuration.nameOf(service)) return false;
    if (meant.namespace !== configuration.namespaceOf(service)) return false;
    const policy = rule.at('spec', 'trafficPolicy');
    return [policy, ...policy.at('portLevelSettings').items].some((each) => {
      const http = each.at('connectionPool', 'http');
      return http.at('useClientProtocol').isTrue || http.at('h2UpgradePolicy').text === 'UPGRADE';
    });
  });
}

export const portProtocolRule: Rule = {
  id: 'port-protocol',
  title: 'A gRPC port is not declared as HTTP/2',
  severity: 'error',
  why: 'Istio does not guess what a gateway shall speak to a Service: unless the port says grpc or http2 it speaks HTTP/1.1, and clients get 14 UNAVAILABLE "upstream connect error or disconnect/reset before headers" or lose trailers.',
  fix: 'Set appProtocol: grpc, or begin the name of the port with grpc- or http2-.',
  links: [
    'https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/',
    'https://github.com/istio/istio/issues/57294',
  ],
  *check(configuration): Iterable<Problem> {
    for (const service of configuration.ofKind('', 'Service')) {
      if (service.at('spec', 'type').text === 'ExternalName' || speaksHttp2Anyway(configuration, service))
        continue;
      for (const port of service.at('spec', 'ports').items) {
        const protocol = portProtocol(port);
        const consequence = CONSEQUENCES[protocol];
        const sign = consequence === undefined ? undefined : signOfPort(configuration, service, port);
        if (consequence === undefined || sign === undefined) continue;
        const declared = port.at('appProtocol').exists ? port.at('appProtocol') : port.at('name');
        const as =
          protocol === 'undeclared' ? 'declares no protocol that Istio knows' : `is declared as ${protocol}`;
        yield {
          at: declared.exists ? declared : port,
          message: `This port looks like gRPC, because ${sign}, but ${as}: ${consequence}.`,
        };
      }
    }
  },
};
