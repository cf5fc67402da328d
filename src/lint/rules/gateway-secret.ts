import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';
import { podTemplates, selects } from '../istio/workloads.ts';
import type { Problem, Rule } from '../rule.ts';

/** Namespaces by the name of the Secret: those given, and those that a controller will make of the given objects. */
function secretNamespaces(configuration: Configuration): ReadonlyMap<string, ReadonlySet<string>> {
  const made = [
    ...configuration.ofKind('', 'Secret').map((secret) => [secret, secret.at('metadata', 'name')] as const),
    ...configuration
      .ofKind('cert-manager.io', 'Certificate')
      .map((each) => [each, each.at('spec', 'secretName')] as const),
    ...configuration
      .ofKind('bitnami.com', 'SealedSecret')
      .map((each) => [each, each.at('metadata', 'name')] as const),
    ...configuration
      .ofKind('external-secrets.io', 'ExternalSecret')
      .map(
        (each) =>
          [
            each,
            each.at('spec', 'target', 'name').exists
              ? each.at('spec', 'target', 'name')
              : each.at('metadata', 'name'),
          ] as const,
      ),
  ];
  const namespaces = new Map<string, Set<string>>();
  for (const [object, name] of made) {
    if (name.text === undefined) continue;
    const known = namespaces.get(name.text) ?? new Set();
    namespaces.set(name.text, known.add(configuration.namespaceOf(object)));
  }
  return namespaces;
}

/** Where the pods of a Gateway are: as given, or else where Istio's own ingress gateway is; nothing for others. */
function podNamespaces(configuration: Configuration, gateway: Field): readonly string[] {
  const selector = gateway.at('spec', 'selector');
  const given = podTemplates(configuration).filter((pod) => selects(selector, pod));
  if (given.length > 0) return given.map((pod) => configuration.namespaceOf(pod));
  return selector.at('istio').text === 'ingressgateway' ? [configuration.surroundings.istioNamespace] : [];
}

export const gatewaySecret: Rule = {
  id: 'gateway-secret',
  title: 'The Secret of a TLS server is not where the gateway looks for it',
  severity: 'error',
  why: "A gateway reads credentialName in the namespace of its own pods, not in the Gateway's. Without the Secret the listener has no certificate: the handshake is cut at the ClientHello, and gRPC clients get 14 UNAVAILABLE.",
  fix: "Put the Secret into the namespace of the gateway's pods.",
  links: [
    'https://istio.io/latest/docs/tasks/traffic-management/ingress/secure-ingress/',
    'https://github.com/istio/istio/issues/14739',
  ],
  *check(configuration): Iterable<Problem> {
    const secrets = secretNamespaces(configuration);
    // Without any Secret in the files, they are kept elsewhere.
    if (secrets.size === 0) return;
    for (const gateway of configuration.networking('Gateway')) {
      const wanted = podNamespaces(configuration, gateway);
      for (const server of gateway.at('spec', 'servers').items) {
        const named = server.at('tls', 'credentialName');
        if (
          named.text === undefined ||
          named.text === '' ||
          named.text.includes('://') ||
          wanted.length === 0
        )
          continue;
        const found = secrets.get(named.text);
        if (found && wanted.some((namespace) => found.has(namespace))) continue;
        const where = `the gateway's pods are in ${wanted.join(', ')}`;
        yield {
          at: named,
          message: found
            ? `Secret ${named.text} is in namespace ${[...found].join(', ')}, but ${where}.`
            : `There is no Secret ${named.text} among the given objects, and ${where}.`,
        };
      }
    }
  },
};
