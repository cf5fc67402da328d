import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';
import { findService, portsMeant } from './hosts.ts';
import { isHttp2, portProtocol } from './port-protocol.ts';
import { portsByWorkload } from './workloads.ts';
import { allHttpRoutes, destinationsOf } from './virtual-service.ts';

/**
 * What tells that something carries gRPC. Nothing in a manifest says so outright, and a rule that spoke up at every
 * HTTP route would be switched off; so each rule that needs gRPC asks here, and says what it was told by.
 */

/** `/package.Service`, as far as the method. Service names begin with a capital by convention; a package is asked for. */
const SERVICE_PATH = /^\/(?:[A-Za-z_]\w*\.)+[A-Z]\w*(?:\/\w*)?$/;

/** Envoy's retry conditions that are gRPC statuses. */
export const GRPC_RETRY_CONDITIONS: readonly string[] = [
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
];

/** The port that gRPC's own examples use. */
const CUSTOMARY_PORT = 50051;

/** `grpc` as a word of its own: `my-grpc`, `grpc_api`, `otlp-grpc`; not `grpcurl`. */
const saysGrpc = (text: string | undefined): boolean =>
  text !== undefined && /(?:^|[-_./])grpc(?:web)?(?:$|[-_./:])/i.test(text);

export function isServicePath(path: string | undefined): boolean {
  return path !== undefined && SERVICE_PATH.test(path);
}

/** Whether a match is on a gRPC content type, gRPC-Web's included. */
const onGrpcContent = (match: Field): boolean =>
  match
    .at('headers')
    .entries.some(([name, condition]) =>
      condition.entries.some(
        ([, value]) => name.toLowerCase() === 'content-type' && value.text?.includes('grpc'),
      ),
    );

/** Why an http route is taken to carry gRPC, by the route itself; nothing where it does not tell. */
function signOfRoute(route: Field): string | undefined {
  for (const match of route.at('match').items) {
    const path = match.at('uri', 'prefix').text ?? match.at('uri', 'exact').text;
    if (isServicePath(path)) return `its path ${String(path)} is a gRPC service`;
    if (onGrpcContent(match)) return 'it matches a gRPC content type';
  }
  const status = (route.at('retries', 'retryOn').text ?? '')
    .split(',')
    .find((name) => GRPC_RETRY_CONDITIONS.includes(name.trim()));
  if (status !== undefined) return `it retries on the gRPC status ${status.trim()}`;
  if (signOfGrpcWeb(route) !== undefined) return 'its CORS policy is for gRPC-Web';
  return undefined;
}

/** The field that shows that a route is for browsers by gRPC-Web. */
export function signOfGrpcWeb(route: Field): Field | undefined {
  const cors = route.at('corsPolicy');
  const names = [...cors.at('allowHeaders').items, ...cors.at('exposeHeaders').items];
  const named = names.find(({ text }) =>
    /^(?:x-grpc-web|grpc-(?:status|message|timeout).*)$/i.test(text ?? ''),
  );
  return named ?? route.at('match').items.find(onGrpcContent);
}

/** Why a destination is taken to be a gRPC server, by its name, its port and the Service that it means. */
export function signOfDestination(configuration: Configuration, destination: Field): string | undefined {
  const host = destination.at('host').text;
  if (host === undefined) return undefined;
  if (saysGrpc(host.split('.')[0])) return `its name is ${host}`;
  if (destination.at('port', 'number').number === CUSTOMARY_PORT) return `its port is ${CUSTOMARY_PORT}`;
  const service = findService(configuration, host, destination);
  const declared = service && portsMeant(service, destination).find((port) => isHttp2(portProtocol(port)));
  return declared && `${configuration.describe(declared)} declares its port as ${portProtocol(declared)}`;
}

/** Why a route is taken to carry gRPC, by itself or by where it leads. */
export function signOfTraffic(configuration: Configuration, route: Field): string | undefined {
  const own = signOfRoute(route);
  if (own !== undefined) return own;
  for (const destination of destinationsOf(route)) {
    const sign = signOfDestination(configuration, destination);
    if (sign !== undefined) return `of its destination: ${sign}`;
  }
  return undefined;
}

/** Why a port of a Service is taken to be gRPC, by its name, by its pods, and by the routes that lead to it. */
export function signOfPort(configuration: Configuration, service: Field, port: Field): string | undefined {
  const { text: name } = port.at('name');
  if (saysGrpc(name) || /^h2c?(?:-|$)/i.test(name ?? '')) return `its name is ${String(name)}`;
  const { text: appProtocol } = port.at('appProtocol');
  if (saysGrpc(appProtocol) || /^h2c?$/i.test(appProtocol ?? ''))
    return `its appProtocol is ${String(appProtocol)}`;
  const byPod = portsByWorkload(configuration, service, port).find(
    ({ probedByGrpc, named }) => probedByGrpc || saysGrpc(named),
  );
  if (byPod) {
    const what = byPod.probedByGrpc ? 'a gRPC probe' : `a port named ${String(byPod.named)}`;
    return `${configuration.describe(byPod.workload)} has ${what} there`;
  }
  if (port.at('port').number === CUSTOMARY_PORT) return `its number is ${CUSTOMARY_PORT}`;
  return signByRoute(configuration, service, port);
}

function signByRoute(configuration: Configuration, service: Field, port: Field): string | undefined {
  for (const route of allHttpRoutes(configuration)) {
    const sign = signOfRoute(route);
    if (sign === undefined) continue;
    const leadsHere = destinationsOf(route).some((destination) => {
      const meant = findService(configuration, destination.at('host').text ?? '', destination);
      return (
        meant?.object === service.object &&
        portsMeant(meant, destination).some(({ value }) => value === port.value)
      );
    });
    if (leadsHere) return `of a route of ${configuration.describe(route)}: ${sign}`;
  }
  return undefined;
}
