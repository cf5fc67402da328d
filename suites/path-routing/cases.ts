import { expand, type Case } from '../../src/conformance/model.ts';
import { UNROUTED, requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import {
  allowedByMethod,
  catchAllAdded,
  catchAllFirst,
  deniedByPath,
  destinationsSwapped,
  healthRouteDropped,
  prefixWithoutSlash,
  selectorsSwapped,
  userRouteDropped,
} from './sabotages.ts';

const REQUESTS = 3;
const PAYLOAD = 100;
const SERVICE = { 'user-service': 'user-grpc-service', 'order-service': 'order-grpc-service' } as const;
const OTHER = { 'user-service': 'order-grpc-service', 'order-service': 'user-grpc-service' } as const;

const DENIED = 'grpc-status: expected OK, got PERMISSION_DENIED';

/** Each service is reached by its path, whatever the kind of RPC. */
const byPath = expand(
  { backend: ['user-service', 'order-service'], transport: TRANSPORTS, kind: RPC_KINDS },
  ({ backend, transport, kind }): Case => {
    const service = SERVICE[backend];
    const requests = requestsFor(kind, REQUESTS, PAYLOAD);
    const wrong = `service: expected ${service}, got ${OTHER[backend]}`;
    return {
      name: 'routing/path',
      row: 'S4',
      title: `A ${kind} RPC to ${backend} is answered by ${service}.`,
      configuration: 'path-routing',
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS[backend][kind],
        requests,
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: {
          status: 'OK',
          ...repliesTo(kind, REQUESTS, PAYLOAD),
          servedBy: { service },
        },
        ledger: {
          attempts: 1,
          service,
          ...requestsSeen(requests.length),
          halfClosed: true,
        },
        gateway: { ...wayIn(transport), ...routedTo(service) },
      },
      sabotages: [
        destinationsSwapped(wrong),
        selectorsSwapped(wrong),
        deniedByPath(DENIED),
        allowedByMethod(DENIED),
      ],
    };
  },
);

const health = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/path/health',
  row: 'S4',
  title: 'The health service is answered by user-grpc-service, as its route says.',
  configuration: 'path-routing',
  invocation: {
    client: 'grpc-js',
    transport,
    method: 'grpc.health.v1.Health/Check',
    requests: [{ service: 'mypackage.UserService' }],
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', count: 1, reply: { status: 'SERVING' }, servedBy: { service: 'user-grpc-service' } },
    ledger: { attempts: 1, service: 'user-grpc-service' },
    gateway: { ...wayIn(transport), ...routedTo('user-grpc-service') },
  },
  sabotages: [healthRouteDropped('grpc-status: expected OK, got UNIMPLEMENTED')],
}));

/** Both are UNIMPLEMENTED to the client: who says so tells them apart. */
const unimplemented = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/path/unknown-method',
  row: 'S4',
  title: 'A method that the service does not have is UNIMPLEMENTED by the word of the service.',
  configuration: 'path-routing',
  invocation: {
    client: 'grpc-js',
    transport,
    method: 'mypackage.UserService/NoSuchMethod',
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', details: /NoSuchMethod/, count: 0 },
    gateway: { ...wayIn(transport), ...routedTo('user-grpc-service', 12) },
  },
  sabotages: [userRouteDropped('access log responseCodeDetails: expected via_upstream, got route_not_found')],
}));

const unrouted = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/path/unrouted-service',
  row: 'S4',
  title: 'A service without a route is UNIMPLEMENTED by the word of the gateway, and reaches nobody.',
  configuration: 'path-routing',
  invocation: { client: 'grpc-js', transport, method: 'mypackage.Greeter/SayHello', deadlineMs: 10_000 },
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', details: '', count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...wayIn(transport), ...UNROUTED },
  },
  sabotages: [catchAllAdded('attempts: expected 0, got 1 (grpc-service: OK)')],
}));

const longerName = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/path/longer-service-name',
  row: 'S4',
  title: 'A service whose name begins with that of a routed one is not caught by its route.',
  configuration: 'path-routing',
  invocation: { client: 'grpc-js', transport, method: 'mypackage.UserServiceV2/GetUser', deadlineMs: 10_000 },
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...wayIn(transport), ...UNROUTED },
  },
  sabotages: [
    prefixWithoutSlash('access log responseCodeDetails: expected route_not_found, got via_upstream'),
  ],
}));

const beforeCatchAll = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'routing/path/before-catch-all',
  row: 'S4',
  title: 'A path route that stands before the catch-all takes its service.',
  configuration: 'default',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS['order-service'].unary,
    requests: requestsFor('unary', 1, 0),
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: 'order-grpc-service' } },
    ledger: { attempts: 1, service: 'order-grpc-service' },
    gateway: { ...wayIn(transport), ...routedTo('order-grpc-service') },
  },
  sabotages: [catchAllFirst('access log upstreamCluster')],
}));

export const cases: readonly Case[] = [
  ...byPath,
  ...health,
  ...unimplemented,
  ...unrouted,
  ...longerName,
  ...beforeCatchAll,
];
