import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';

/** Whether some name is meant by both hosts; `*` and `*.example.com` are wildcards. Case does not count in DNS. */
export function hostsOverlap(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (a === b || a === '*' || b === '*') return true;
  if (a.startsWith('*.') && b.startsWith('*.')) return a.endsWith(b.slice(1)) || b.endsWith(a.slice(1));
  if (a.startsWith('*.')) return b.endsWith(a.slice(1));
  return b.startsWith('*.') && a.endsWith(b.slice(1));
}

/** The host of a Gateway's server without the namespace that may stand before it (`prod/*.example.com`). */
export function serverHost(host: string): string {
  return host.slice(host.indexOf('/') + 1);
}

/** Namespace and name of the Service that a destination's host means; nothing for a name outside the cluster. */
export function serviceOf(
  host: string,
  namespace: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [name = '', second, third] = host.split('.');
  if (second === undefined) return { namespace, name };
  // `name.namespace` cannot be told from a name outside; whether there is such a Service decides.
  return third === undefined || third === 'svc' ? { namespace: second, name } : undefined;
}

/** The Service of the given objects that a destination's host means. */
export function findService(configuration: Configuration, host: string, from: Field): Field | undefined {
  const wanted = serviceOf(host, configuration.namespaceOf(from));
  if (!wanted) return undefined;
  return configuration
    .ofKind('', 'Service')
    .find(
      (service) =>
        configuration.nameOf(service) === wanted.name &&
        configuration.namespaceOf(service) === wanted.namespace,
    );
}

/** The ports of a Service that a destination means: the one it names, or the only one there is. */
export function portsMeant(service: Field, destination: Field): Field[] {
  const ports = service.at('spec', 'ports').items;
  const number = destination.at('port', 'number').number;
  if (number === undefined) return ports.length === 1 ? ports : [];
  return ports.filter((port) => port.at('port').number === number);
}
