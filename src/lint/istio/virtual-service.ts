import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';
import { hostsOverlap, serverHost } from './hosts.ts';

/** The sidecars, as a VirtualService names them. */
export const MESH = 'mesh';

/** What a match may ask beside the path. Its name, statPrefix and ignoreUriCase ask nothing. */
const CONDITIONS = [
  'scheme',
  'method',
  'authority',
  'headers',
  'withoutHeaders',
  'queryParams',
  'port',
  'sourceLabels',
  'sourceNamespace',
  'gateways',
];

export function httpRoutes(virtualService: Field): Field[] {
  return virtualService.at('spec', 'http').items;
}

/** All http routes of all VirtualServices. */
export function allHttpRoutes(configuration: Configuration): Field[] {
  return configuration.networking('VirtualService').flatMap(httpRoutes);
}

export function destinationsOf(route: Field): Field[] {
  return route.at('route').items.map((item) => item.at('destination'));
}

/** Conditions of a match that are not about the path. */
export function otherConditions(match: Field): Field[] {
  return CONDITIONS.map((name) => match.at(name)).filter(({ exists }) => exists);
}

/** Whether the match's path condition lets a path through; without one, every path. */
export function matchesPath(match: Field, path: string): boolean {
  const uri = match.at('uri');
  if (!uri.exists) return true;
  const ignoreCase = match.at('ignoreUriCase').isTrue;
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const exact = uri.at('exact').text;
  if (exact !== undefined) return fold(path) === fold(exact);
  const prefix = uri.at('prefix').text;
  if (prefix !== undefined) return fold(path).startsWith(fold(prefix));
  const regex = uri.at('regex').text;
  return regex !== undefined && wholeMatch(regex, path);
}

/** Envoy's RE2 must match all of the path. What JavaScript cannot read is taken to match nothing. */
function wholeMatch(regex: string, path: string): boolean {
  try {
    return new RegExp(`^(?:${regex})$`).test(path);
  } catch {
    return false;
  }
}

/** A match that takes every request. @see Istio's isCatchAllMatch in pilot/pkg/networking/core/route/route.go */
function takesEverything(match: Field): boolean {
  if (otherConditions(match).length > 0) return false;
  const uri = match.at('uri');
  const regex = uri.at('regex').text;
  return !uri.exists || uri.at('prefix').text === '/' || regex === '*' || regex === '.*';
}

/** Whether a route takes every request that reaches it. */
export function isCatchAll(route: Field): boolean {
  const matches = route.at('match').items;
  return matches.length === 0 ? route.exists : matches.some(takesEverything);
}

/** Gateways that a VirtualService is bound to, as `namespace/name`, and `mesh`. */
export function gatewaysOf(configuration: Configuration, virtualService: Field): string[] {
  const named = virtualService.root.at('spec', 'gateways').texts;
  if (named.length === 0) return [MESH];
  return named.map((name) =>
    name === MESH || name.includes('/') ? name : `${configuration.namespaceOf(virtualService)}/${name}`,
  );
}

/** The servers of the given objects' Gateways that a VirtualService is bound to and whose hosts overlap with its. */
export function serversOf(configuration: Configuration, virtualService: Field): Field[] {
  const wanted = new Set(gatewaysOf(configuration, virtualService));
  const hosts = virtualService.root.at('spec', 'hosts').texts;
  return configuration
    .networking('Gateway')
    .filter((gateway) => wanted.has(`${configuration.namespaceOf(gateway)}/${configuration.nameOf(gateway)}`))
    .flatMap((gateway) => gateway.at('spec', 'servers').items)
    .filter((server) =>
      server.at('hosts').texts.some((host) => hosts.some((own) => hostsOverlap(serverHost(host), own))),
    );
}
