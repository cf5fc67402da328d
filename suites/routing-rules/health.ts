import type { MetadataToSend } from '../../src/clients/metadata.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { TRANSPORTS } from '../requests.ts';
import { FACTS, HEALTH, asks, without, type RouteName } from './facts.ts';

/** The way to each service's own health. */
const SERVICES: Readonly<
  Record<string, { readonly route: RouteName; readonly sent: MetadataToSend; readonly of: string }>
> = {
  'user-grpc-service': { route: 'exact-header', sent: { 'x-tenant': 'gold' }, of: 'mypackage.UserService' },
  'order-grpc-service': {
    route: 'prefix-header',
    sent: { 'x-tenant': 'silver-1' },
    of: 'mypackage.OrderService',
  },
  'streaming-service': {
    route: 'regex-header',
    sent: { 'x-tenant': 'bronze1' },
    of: 'mypackage.StreamingService',
  },
  'grpc-service': { route: 'health-of-the-greeter', sent: {}, of: 'mypackage.Greeter' },
};
const NAMES = Object.keys(SERVICES);
const ways = (service: string) => SERVICES[service] ?? { route: 'either' as const, sent: {}, of: '' };

const checks = expand({ service: NAMES, transport: TRANSPORTS }, ({ service, transport }): Case => {
  const { route, sent, of } = ways(service);
  return {
    name: 'routing/health/check',
    ...FACTS,
    title: `Health of ${of} is asked of ${service} itself: SERVING.`,
    invocation: { ...asks(transport, sent), requests: [{ service: of }] },
    expectation: {
      rpc: { status: 'OK', count: 1, reply: { status: 'SERVING' }, servedBy: { service } },
      ledger: { attempts: 1, service },
      gateway: { ...wayIn(transport), ...routedTo(service), routeName: route },
    },
    sabotages: [without(route, 'grpc-status: expected OK, got')],
  };
});

/** A health service answers for its own server only (grpc health-checking.md). */
const strangers = expand({ service: NAMES, transport: ['tls'] }, ({ service, transport }): Case => {
  const { route, sent } = ways(service);
  return {
    name: 'routing/health/not-found',
    ...FACTS,
    title: `${service} is asked for the health of a service that it does not have: NOT_FOUND by its own word.`,
    invocation: { ...asks(transport, sent, HEALTH), requests: [{ service: 'mypackage.NoSuchService' }] },
    expectation: {
      rpc: { status: 'NOT_FOUND', count: 0, servedBy: { service } },
      ledger: { attempts: 1, service },
      gateway: { ...wayIn(transport), ...routedTo(service, 5), routeName: route },
    },
    sabotages: [without(route, `access log routeName: expected ${route}, got`)],
  };
});

/** Watch never ends by itself: the client has heard enough. */
const watches = expand({ service: NAMES, transport: TRANSPORTS }, ({ service, transport }): Case => {
  const { route, sent, of } = ways(service);
  return {
    name: 'routing/health/watch',
    ...FACTS,
    title: `A watch on the health of ${of} at ${service} begins with SERVING, and stays open.`,
    invocation: {
      ...asks(transport, sent, 'grpc.health.v1.Health/Watch'),
      requests: [{ service: of }],
      cancelAfterMessages: 1,
    },
    expectation: {
      rpc: { status: 'CANCELLED', count: 1, reply: { status: 'SERVING' } },
      ledger: { attempts: 1, service, cancelled: true },
      gateway: { ...wayIn(transport), responseFlags: 'DR', routeName: route },
    },
    sabotages: [without(route, 'access log routeName: expected')],
  };
});

export const healthCases: readonly Case[] = [...checks, ...strangers, ...watches];
