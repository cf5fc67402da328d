import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST, UNROUTED, requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';
import { METHODS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import { FACTS } from './facts.ts';

const GATEWAY = 'own-gateway';
const OWN_FACTS = {
  ...FACTS,
  configuration: 'gateway-api-own',
  needs: ['gateway-api', 'gateway-addresses'],
} as const;

const withoutRoute = (caughtBy: string) => ({
  name: 'no route at the own Gateway',
  change: {
    manifests: [
      jsonPatch('GRPCRoute', 'own-paths', {
        op: 'replace',
        path: '/spec/hostnames',
        value: ['other.example.com'],
      }),
    ],
  },
  caughtBy,
});

const kinds = expand({ kind: ['unary', 'bidi'], transport: TRANSPORTS }, ({ kind, transport }): Case => {
  const backend = kind === 'unary' ? 'user-service' : 'streaming-service';
  const service = kind === 'unary' ? 'user-grpc-service' : 'streaming-service';
  const requests = requestsFor(kind, 5, 100);
  return {
    name: 'gateway-api/own-address/answered',
    ...OWN_FACTS,
    row: kind === 'unary' ? 'S4' : 'S5',
    title: `A Gateway bound to no address gets one of its own, and a ${kind} RPC over ${transport} through it.`,
    invocation: {
      client: 'grpc-js',
      transport,
      gateway: GATEWAY,
      method: METHODS[backend][kind],
      requests,
      deadlineMs: 10_000,
    },
    expectation: {
      rpc: { status: 'OK', ...repliesTo(kind, 5, 100), servedBy: { service } },
      ledger: { attempts: 1, service, ...requestsSeen(requests.length) },
      gateway: {
        ...wayIn(transport),
        ...routedTo(service),
        routeName: `default.own-paths.${kind === 'unary' ? 0 : 1}`,
      },
    },
    sabotages: [withoutRoute('grpc-status: expected OK, got UNIMPLEMENTED')],
  };
});

const unrouted: Case = {
  name: 'gateway-api/own-address/unrouted',
  ...OWN_FACTS,
  title: 'What its routes do not name is UNIMPLEMENTED by the word of the own gateway.',
  invocation: {
    client: 'grpc-js',
    transport: 'tls',
    gateway: GATEWAY,
    method: METHODS.greeter.unary,
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...wayIn('tls'), ...UNROUTED },
  },
  sabotages: [
    {
      name: 'a rule for everything (own-paths)',
      change: {
        manifests: [
          jsonPatch('GRPCRoute', 'own-paths', {
            op: 'add',
            path: '/spec/rules/-',
            value: { backendRefs: [{ name: 'grpc-service', port: 50051 }] },
          }),
        ],
      },
      caughtBy: 'attempts: expected 0, got 1',
    },
  ],
};

/** Its name is another one, so that the own gateway was never given this certificate. */
const notGranted = {
  name: 'a grant for another Secret',
  change: {
    manifests: [
      jsonPatch('ReferenceGrant', GATEWAY, { op: 'replace', path: '/spec/to/0/name', value: 'another' }),
      jsonPatch('Gateway', GATEWAY, {
        op: 'replace',
        path: '/spec/listeners/0/tls/certificateRefs/0/name',
        value: 'two-hosts-credential',
      }),
    ],
  },
  caughtBy: 'verified chain and name: expected yes, got no',
};

const certificate: Case = {
  name: 'gateway-api/own-address/certificate',
  ...OWN_FACTS,
  row: 'S1',
  title: 'A certificate of another namespace is shown where a ReferenceGrant allows it, with h2 by ALPN.',
  invocation: { client: 'tls', alpn: ['h2', 'http/1.1'], gateway: GATEWAY },
  expectation: {
    tls: {
      alpn: 'h2',
      authorized: true,
      error: '',
      issuer: 'meshproof test CA',
      subjectAltName: `DNS:${HOST}`,
    },
  },
  sabotages: [notGranted],
};

/** A Gateway for which Istio makes a Deployment and a Service. */
export const ownAddressCases: readonly Case[] = [...kinds, unrouted, certificate];
