import { asDisagreed, at, nameOf } from '../naming.ts';
import { removing, setting } from '../patching.ts';
import type { Diagnosis } from '../diagnosis.ts';
import type { Disagreement } from '../evidence.ts';
import type { Rule } from '../rule.ts';
import { serverField } from '../gateway-servers.ts';
import { hostName } from '../route-selection.ts';
import { type RouteEntry, fieldOf, hostsField, isCatchAll, isForHost, matching } from '../routing-table.ts';
import type { Scene } from '../scene.ts';

/** The gateway says that no route took the request (NR), or none is there to take it. */
const unrouted = (scene: Scene): boolean =>
  scene.verdictOfGateway.flags.includes('NR') || scene.verdictOfGateway.details.includes('route_not_found');

const request = (scene: Scene): string =>
  `${scene.call?.request.path ?? ''} at ${scene.call?.request.authority ?? ''}`;

/** The listener speaks HTTP; it never asks what stands under `tcp` or `tls`. */
export const routeUnderTcpOrTls: Rule = (scene) => {
  if (scene.matching.length > 0) return;
  const found = scene.virtualServices.find(
    ({ spec }) => spec.http.length === 0 && spec.tcp.length + spec.tls.length > 0,
  );
  if (found === undefined) return;
  const field = found.spec.tcp.length > 0 ? 'spec.tcp' : 'spec.tls';
  return {
    cause: 'route-under-tcp-or-tls',
    confidence: 'certain',
    summary: `${nameOf(found)} has its route under ${field}. gRPC is HTTP/2: its routes live under spec.http.`,
    change: at(found, field, `${field} without spec.http`),
    because: [
      `No route takes ${request(scene)}.`,
      `The gateway logged: ${scene.verdictOfGateway.details || 'nothing'}.`,
    ],
  };
};

/** The VirtualService is there, and hangs in the air. */
export const notAtGateway: Rule = (scene) => {
  const authority = scene.call?.request.authority ?? '';
  const found = scene.unbound.find((each) => each.kind === 'VirtualService' && isForHost(each, authority));
  if (found === undefined || scene.matching.length > 0 || !(unrouted(scene) || !scene.reachedService)) return;
  return {
    cause: 'route-not-at-gateway',
    confidence: 'certain',
    summary: `${nameOf(found)} is bound to ${found.spec.gateways.join(', ')}, and there is no such Gateway.`,
    change: at(
      found,
      'spec.gateways',
      found.spec.gateways,
      setting(
        scene.evidence,
        found,
        'spec.gateways',
        scene.gateways.map(({ name }) => name),
      ),
    ),
    because: [`No route takes ${request(scene)}.`, `There are: ${scene.gateways.map(nameOf).join(', ')}.`],
  };
};

/** The name asked for is not one that is routed. */
export const authorityOfNoHost: Rule = (scene) => {
  const authority = scene.call?.request.authority ?? '';
  // One that hangs in the air is another cause.
  const known = [...scene.virtualServices, ...scene.unbound];
  if (!unrouted(scene) || known.some((each) => isForHost(each, authority))) return;
  const found = scene.virtualServices[0];
  if (found === undefined) return;
  return {
    cause: 'authority-of-no-host',
    confidence: 'certain',
    summary: `No route is for the authority ${authority}.`,
    change: at(
      found,
      hostsField(found),
      found.spec.hosts,
      setting(scene.evidence, found, hostsField(found), [...found.spec.hosts, hostName(authority)]),
    ),
    because: [`The gateway logged ${scene.verdictOfGateway.details}.`],
  };
};

/** Routes there are, and none for this path and these headers. */
export const matchesOtherwise: Rule = (scene) => {
  const last = scene.entries.at(-1);
  if (!unrouted(scene) || last === undefined || scene.matching.length > 0) return;
  if (scene.call?.request.verb === 'OPTIONS') return;
  return {
    cause: 'route-matches-otherwise',
    confidence: 'certain',
    summary: `No route matches ${request(scene)}, and there is no catch-all. The client sees UNIMPLEMENTED, as if the method did not exist.`,
    change: at(last.virtualService, fieldOf(last, 'match'), last.route.match),
    because: [`The gateway logged ${scene.verdictOfGateway.details}.`],
  };
};

const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

/** A client without protos asks the server for them, by a service of its own that needs a route like any other. */
export const reflectionNotRouted: Rule = (scene) => {
  const last = scene.entries.at(-1);
  const { call } = scene;
  if (
    !scene.complaint.includes('does not support the reflection API') ||
    call === undefined ||
    last === undefined
  )
    return;
  if (matching(scene.entries, { ...call.request, path: REFLECTION }).length > 0) return;
  return {
    cause: 'reflection-not-routed',
    confidence: 'certain',
    summary: 'The client asks for the protos by server reflection, and no route leads there.',
    change: at(last.virtualService, 'spec.http', `no match for ${REFLECTION}`),
    because: [scene.complaint],
  };
};

/** Whether a failure was wanted, and what came instead is not one, or another. */
const letIn = ({ what, expected, got }: Disagreement): boolean =>
  (what === 'grpc-status' && expected !== 'OK' && /^OK\b/.test(got)) ||
  (what === 'TLS failure' && expected.startsWith('something like')) ||
  (what === 'HTTP status' && expected !== '200' && got === '200') ||
  // It got as far as the certificate, which then was another host's.
  (what === 'grpc-message' && /altnames/i.test(got));

/** A request that was to be turned away is taken. */
export const anyHost: Rule = (scene) => {
  const about = scene.evidence.disagreements.find(letIn);
  const server = scene.servers.find((each) => each.server.hosts.includes('*'));
  const route = scene.virtualServices.find(({ spec }) => spec.hosts.includes('*'));
  const change =
    server === undefined
      ? route && at(route, hostsField(route), route.spec.hosts)
      : at(server.gateway, serverField(server, 'hosts'), server.server.hosts);
  if (about === undefined || change === undefined) return;
  return {
    cause: 'any-host',
    confidence: 'certain',
    summary: 'What is meant for another host is let in: hosts has "*".',
    change,
    because: [asDisagreed(about)],
  };
};

/** A request that was to find no route has found one. */
export const tooWide: Rule = (scene) => {
  const { route, call } = scene;
  const about = scene.evidence.disagreements.find(
    ({ what, expected }) =>
      (what === 'access log responseFlags' && expected === 'NR') ||
      (what === 'access log responseCodeDetails' && expected === 'route_not_found'),
  );
  if (route === undefined || call === undefined || about === undefined) return;
  const because = [asDisagreed(about)];
  const prefix = openPrefix(route);
  if (prefix !== undefined && call.request.path[prefix.length] !== '/') {
    return neighbourCaught(scene, route, prefix, because);
  }
  if (!isCatchAll(route)) return;
  return {
    cause: 'route-too-wide',
    confidence: 'likely',
    summary: `${nameOf(route.virtualService)} has a route without a match, which takes ${request(scene)} too.`,
    change: at(
      route.virtualService,
      fieldOf(route),
      route.route.match,
      removing(scene.evidence, route.virtualService, fieldOf(route)),
    ),
    because,
  };
};

/** The access log names the route that was met, where routes have names, and it is not the one that was meant. */
export const namedRoute: Rule = (scene) => {
  const about = scene.disagreement(/^access log routeName$/);
  const { route } = scene;
  if (about === undefined || about.expected === 'nothing') return;
  const meant = scene.entries.find((each) => each.route.name === about.expected);
  const last = scene.entries.at(-1);
  if (meant === undefined && last !== undefined) {
    return {
      cause: 'route-matches-otherwise',
      confidence: 'certain',
      summary: `No route is called ${about.expected}; ${request(scene)} meets ${about.got === 'nothing' ? 'none' : about.got}.`,
      change: at(last.virtualService, 'spec.http', `no route ${about.expected}`),
      because: [asDisagreed(about)],
    };
  }
  if (meant === undefined || route === undefined || route === meant || !scene.matching.includes(meant))
    return;
  return overtaken(scene, route, meant, [asDisagreed(about)]);
};

/** A prefix that does not end where a service's name ends. */
const openPrefix = ({ route }: RouteEntry): string | undefined =>
  route.match.find(({ uri }) => uri?.prefix !== undefined && !uri.prefix.endsWith('/'))?.uri?.prefix;

const neighbourCaught = (
  scene: Scene,
  route: RouteEntry,
  prefix: string,
  because: readonly string[],
): Diagnosis => ({
  cause: 'prefix-catches-neighbour',
  confidence: 'certain',
  summary: `The prefix ${prefix} has no closing slash, so it catches every service whose name begins like it.`,
  change: at(
    route.virtualService,
    fieldOf(route, 'match'),
    prefix,
    setting(
      scene.evidence,
      route.virtualService,
      `${fieldOf(route)}.match[${route.route.match.findIndex(({ uri }) => uri?.prefix === prefix)}].uri.prefix`,
      `${prefix}/`,
    ),
  ),
  because,
});

const destinationOf = ({ route }: RouteEntry): string => route.route[0]?.destination.host.split('.')[0] ?? '';

/** The service's name in what a witness was expected to say: alone, or within the name of a cluster. */
const serviceIn = (text: string): string => /\|\|([^.]+)\./.exec(text)?.[1] ?? text;

/** Who answered is not who was meant. Route and Service can both be to blame; the access log tells which. */
export const answeredByOther: Rule = (scene) => {
  const about = scene.disagreement(
    /^(served by|service( of attempt \d+)?|access log upstreamCluster|route clusters.*)$/,
  );
  const { route } = scene;
  if (about === undefined || route === undefined || about.expected === 'nothing') return;
  if (scene.call?.request.inMesh !== undefined) return;
  if (scene.call !== undefined && scene.calledService === undefined) return;
  const wanted = serviceIn(about.expected);
  const called = scene.calledService ?? destinationOf(route);
  const answered = scene.call?.ledger[0]?.deployment ?? called;
  const because = [
    `Wanted: ${about.expected}; got: ${about.got}.`,
    `The gateway called ${called}; ${answered} answered.`,
  ];
  if (called === wanted) return pickedByService(scene, wanted, answered, because);
  const shadowed = scene.matching.find((each) => each !== route && destinationOf(each) === wanted);
  if (shadowed !== undefined) return overtaken(scene, route, shadowed, because);
  return {
    cause: 'wrong-destination',
    confidence: 'likely',
    summary: `${nameOf(route.virtualService)} sends ${scene.call?.request.path ?? 'its requests'} to ${destinationOf(route)}.`,
    change: at(
      route.virtualService,
      fieldOf(route, 'route[0].destination.host'),
      destinationOf(route),
      scene.services.some(({ name }) => name === wanted)
        ? setting(scene.evidence, route.virtualService, fieldOf(route, 'route[0].destination.host'), wanted)
        : undefined,
    ),
    because,
  };
};

function pickedByService(
  scene: Scene,
  wanted: string,
  answered: string,
  because: readonly string[],
): ReturnType<Rule> {
  const service = scene.services.find(({ name }) => name === wanted);
  if (service === undefined || answered === wanted) return undefined;
  return {
    cause: 'selector-of-other-pods',
    confidence: 'certain',
    summary: `The route leads to ${wanted}, whose selector picks the pods of ${answered}.`,
    change: at(service, 'spec.selector', service.spec.selector),
    because,
  };
}

function overtaken(
  scene: Scene,
  route: RouteEntry,
  shadowed: RouteEntry,
  because: readonly string[],
): ReturnType<Rule> {
  const prefix = openPrefix(route);
  if (prefix !== undefined) return neighbourCaught(scene, route, prefix, because);
  const both = isCatchAll(route) && isCatchAll(shadowed);
  return {
    cause: both ? 'catch-all-shadowed' : 'route-shadowed',
    confidence: 'certain',
    summary: `${nameOf(shadowed.virtualService)} ${fieldOf(shadowed)} matches too, but ${nameOf(route.virtualService)} ${fieldOf(route)} comes first.`,
    change: at(route.virtualService, fieldOf(route), route.route.match),
    because,
  };
}

/** The route names what does not exist. */
export const noSuchDestination: Rule = (scene) => {
  const { flags, details } = scene.verdictOfGateway;
  const { route } = scene;
  if (!flags.includes('NC') && !details.includes('cluster_not_found')) return;
  return {
    cause: 'no-such-destination',
    confidence: 'certain',
    summary:
      route === undefined
        ? 'The route leads to no service that the gateway knows.'
        : `The gateway knows no service ${destinationOf(route)} at this port.`,
    ...(route && {
      change: at(
        route.virtualService,
        fieldOf(route, 'route[0].destination'),
        route.route.route[0]?.destination,
      ),
    }),
    because: [`The gateway logged ${flags.join(',')} ${details}.`],
  };
};
