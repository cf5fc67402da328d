import type { Field } from '../field.ts';
import { findService } from '../istio/hosts.ts';
import { isHttp2, portProtocol } from '../istio/port-protocol.ts';
import type { Configuration } from '../configuration.ts';
import type { Problem, Rule } from '../rule.ts';

/** The policies of a DestinationRule: of the host, of its ports, of its subsets. */
function httpSettings(rule: Field): Field[] {
  const policies = [
    rule.at('spec', 'trafficPolicy'),
    ...rule.at('spec', 'subsets').items.map((subset) => subset.at('trafficPolicy')),
  ];
  return policies
    .flatMap((policy) => [policy, ...policy.at('portLevelSettings').items])
    .map((policy) => policy.at('connectionPool', 'http'));
}

/** A port that is HTTP/2 by its declaration, which the policy cannot take back. */
function http2Port(configuration: Configuration, rule: Field): Field | undefined {
  const service = findService(configuration, rule.at('spec', 'host').text ?? '', rule);
  return service?.at('spec', 'ports').items.find((port) => isHttp2(portProtocol(port)));
}

export const h2Policy: Rule = {
  id: 'h2-policy',
  title: 'h2UpgradePolicy contradicts what else is said of the protocol',
  severity: 'warning',
  why: 'h2UpgradePolicy is for ports that are declared as HTTP/1.1. With useClientProtocol it is ignored, and a port declared as grpc or http2 gets HTTP/2 whatever the policy says.',
  fix: 'Keep one of them: for gRPC, the declaration of the port.',
  links: [
    'https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings-HTTPSettings',
  ],
  *check(configuration): Iterable<Problem> {
    for (const rule of configuration.networking('DestinationRule')) {
      for (const http of httpSettings(rule)) {
        const policy = http.at('h2UpgradePolicy');
        if (policy.text === undefined || policy.text === 'DEFAULT') continue;
        const client = http.at('useClientProtocol');
        if (client.isTrue) {
          yield {
            at: policy,
            message: `${policy.text} is ignored beside useClientProtocol: true.`,
            related: [{ at: client, message: 'useClientProtocol' }],
          };
          continue;
        }
        const port = policy.text === 'DO_NOT_UPGRADE' ? http2Port(configuration, rule) : undefined;
        if (!port) continue;
        yield {
          at: policy,
          message: `${configuration.describe(port)} declares its port as ${portProtocol(port)}, so it gets HTTP/2 all the same.`,
          related: [{ at: port, message: 'the port' }],
        };
      }
    }
  },
};
