import type { ClientCertificate } from '../../src/clients/target.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST, UNROUTED, routedTo, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';
import { FACTS, HEALTH } from './facts.ts';

const LISTENER_FACTS = { ...FACTS, configuration: 'gateway-api-listeners' } as const;
const USER = 'user-grpc-service';
const ORDER = 'order-grpc-service';
const STREAMING = 'streaming-service';

/** The authorities of the public suite, in its order, and whose route takes each. */
const AUTHORITIES: Readonly<Record<string, string | undefined>> = {
  'bar.example.com': USER,
  'foo.bar.example.com': ORDER,
  'baz.bar.example.com': STREAMING,
  'boo.bar.example.com': STREAMING,
  'multiple.prefixes.bar.example.com': STREAMING,
  'multiple.prefixes.foo.example.com': STREAMING,
  'foo.example.com': undefined,
  'no.matching.host': undefined,
};

const hostnames = Object.entries(AUTHORITIES).map(([authority, service]): Case => {
  const common = {
    name: `gateway-api/listener-hostname/${authority.replaceAll('.', '-')}`,
    ...LISTENER_FACTS,
    invocation: { client: 'grpc-js', transport: 'h2c', method: HEALTH, authority, deadlineMs: 10_000 },
  } as const;
  if (service === undefined)
    return {
      ...common,
      title: `No listener has ${authority}: UNIMPLEMENTED (GRPCRouteListenerHostnameMatching).`,
      expectation: {
        rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
        ledger: { attempts: 0 },
        gateway: { ...UNROUTED, authority },
      },
      sabotages: [
        {
          name: 'a listener of any host on 80',
          change: {
            manifests: [
              jsonPatch('Gateway', 'grpc-listeners', { op: 'remove', path: '/spec/listeners/0/hostname' }),
            ],
          },
          caughtBy: 'attempts: expected 0, got 1',
        },
      ],
    };
  return {
    ...common,
    title: `${authority} goes to the route of the listener whose hostname fits best (GRPCRouteListenerHostnameMatching).`,
    expectation: {
      rpc: { status: 'OK', count: 1, servedBy: { service } },
      ledger: { attempts: 1, service, authority },
      gateway: { ...wayIn('h2c'), authority, ...routedTo(service) },
    },
    sabotages: [
      {
        name: 'routes at the listeners of others',
        change: {
          manifests: (
            [
              ['grpc-user', 'listener-2'],
              ['grpc-order', 'listener-3'],
              ['grpc-streaming', 'listener-1'],
            ] as const
          ).map(([route, section]) =>
            jsonPatch('GRPCRoute', route, {
              op: 'replace',
              path: '/spec/parentRefs',
              value: [{ name: 'grpc-listeners', namespace: 'istio-system', sectionName: section }],
            }),
          ),
        },
        // The last listener is left without a route.
        caughtBy: authority.endsWith('.foo.example.com')
          ? 'grpc-status: expected OK, got UNIMPLEMENTED'
          : `service: expected ${service}, got`,
      },
    ],
  };
});

const certificates: readonly (ClientCertificate | 'none')[] = ['trusted', 'none'];

const mutual = expand({ shown: certificates }, ({ shown }): Case => {
  const isTrusted = shown === 'trusted';
  return {
    name: 'gateway-api/mutual-tls',
    ...LISTENER_FACTS,
    row: 'S1',
    title: isTrusted
      ? 'By an option of Istio’s a listener asks its clients for certificates, and takes a good one.'
      : 'A client without one is turned away.',
    invocation: {
      client: 'grpc-js',
      transport: 'tls',
      method: HEALTH,
      deadlineMs: 10_000,
      ...(isTrusted ? { clientCertificate: 'trusted' } : {}),
    },
    expectation: {
      rpc: isTrusted
        ? { status: 'OK', count: 1, servedBy: { service: 'grpc-service' } }
        : { status: 'UNAVAILABLE', count: 0, servedBy: null },
      ledger: isTrusted
        ? {
            attempts: 1,
            service: 'grpc-service',
            metadata: { 'x-forwarded-client-cert': /CN=client\.example\.com/ },
          }
        : { attempts: 0 },
      gateway: isTrusted ? { ...wayIn('tls'), authority: HOST, ...routedTo('grpc-service') } : 'no line',
    },
    sabotages: [
      {
        name: 'a listener without the option',
        change: {
          manifests: [
            jsonPatch('Gateway', 'grpc-listeners', { op: 'remove', path: '/spec/listeners/4/tls/options' }),
          ],
        },
        caughtBy: isTrusted
          ? 'request metadata: x-forwarded-client-cert'
          : 'grpc-status: expected UNAVAILABLE, got OK',
      },
    ],
  };
});

/** Several listeners at one port, and one that asks for certificates. */
export const listenerCases: readonly Case[] = [...hostnames, ...mutual];
