import type { PodInvocation } from '../../src/clients/invocation.ts';
import type { Case, Sabotage } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { anew, jsonPatch } from '../patches.ts';
import { METHODS } from '../requests.ts';
import { FACTS, V1, V2, ask, type Feature } from './facts.ts';

const MUTUAL = { ...FACTS, configuration: 'proxyless-mtls' } as const;

const mode = (value: string, name: string, caughtBy: string): Sabotage => ({
  name,
  change: {
    manifests: [
      jsonPatch('PeerAuthentication', 'proxyless-orders', { op: 'replace', path: '/spec/mtls/mode', value }),
      ...[V1, V2].map(anew),
    ],
  },
  caughtBy,
});

const client = (change: object, name: string, caughtBy: string): Sabotage => ({
  name,
  change: {
    manifests: [
      jsonPatch('DestinationRule', 'proxyless-orders', {
        op: 'replace',
        path: '/spec/trafficPolicy/tls',
        value: change,
      }),
    ],
  },
  caughtBy,
});

const GOT_UNAVAILABLE = 'grpc-status: expected OK, got UNAVAILABLE';
const OF_THE_ORDERS = /^URI:spiffe:\/\/cluster\.local\/ns\/[^/]+\/sa\/proxyless-orders$/;
const OF_THE_CALLER = /^URI:spiffe:\/\/cluster\.local\/ns\/[^/]+\/sa\/proxyless-caller$/;

const unlabelled: Sabotage = {
  name: 'pods without the label of mutual TLS',
  change: {
    manifests: ['proxyless-orders-v1', 'proxyless-orders-v2'].map((name) =>
      jsonPatch('Deployment', name, {
        op: 'remove',
        path: '/spec/template/metadata/labels/security.istio.io~1tlsMode',
      }),
    ),
  },
  caughtBy: 'grpc-status: expected UNAVAILABLE, got OK',
};

const bothSides: Case = {
  ...MUTUAL,
  name: 'proxyless/mutual-tls/both-sides',
  title: 'With ISTIO_MUTUAL against STRICT, client and server each know who the other is.',
  invocation: ask('proxyless-orders'),
  expectation: {
    rpc: { status: 'OK', count: 1, peerIdentity: OF_THE_ORDERS },
    ledger: { attempts: 1, peerIdentity: OF_THE_CALLER },
  },
  sabotages: [
    client({ mode: 'DISABLE' }, 'a client told to use no TLS', GOT_UNAVAILABLE),
    mode('DISABLE', 'a server told to use no TLS', GOT_UNAVAILABLE),
  ],
};

/** Somebody who knows nothing of the mesh. */
const STRANGER: PodInvocation = {
  ...ask(''),
  from: 'plain-caller',
  target: 'dns:///proxyless-orders:50051',
};

const stranger: Case = {
  ...MUTUAL,
  name: 'proxyless/mutual-tls/stranger',
  title: 'A server under STRICT does not answer plaintext.',
  invocation: STRANGER,
  expectation: {
    rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null },
    ledger: { attempts: 0 },
  },
  sabotages: [
    mode('DISABLE', 'a stranger where no TLS is asked for', 'grpc-status: expected UNAVAILABLE, got OK'),
  ],
};

/** Behind a sidecar PERMISSIVE takes both. */
const permissive: Case = {
  ...MUTUAL,
  name: 'proxyless/mutual-tls/permissive',
  title:
    'PERMISSIVE is STRICT for a server whose pod says that it can do mutual TLS: plaintext is not answered.',
  configuration: 'proxyless-permissive',
  invocation: STRANGER,
  expectation: {
    rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null },
    ledger: { attempts: 0 },
  },
  sabotages: [unlabelled],
};

const otherName: Case = {
  ...MUTUAL,
  name: 'proxyless/features/subject-alt-names',
  title:
    "A server's name that the DestinationRule does not allow is taken all the same: the line is ignored.",
  invocation: ask('proxyless-san'),
  expectation: {
    rpc: { status: 'OK', count: 1, peerIdentity: OF_THE_ORDERS },
    ledger: { attempts: 1, peerIdentity: OF_THE_CALLER },
  },
  sabotages: [
    {
      name: 'no TLS towards the other name',
      change: {
        manifests: [
          jsonPatch('DestinationRule', 'proxyless-san', {
            op: 'replace',
            path: '/spec/trafficPolicy/tls',
            value: { mode: 'DISABLE' },
          }),
        ],
      },
      caughtBy: GOT_UNAVAILABLE,
    },
  ],
};

/** A line of the table of features that only mutual TLS can tell. */
export const subjectAltNames: Feature = {
  feature: 'tls.subjectAltNames (ISTIO_MUTUAL)',
  verdict: 'ignored',
  case: otherName,
};

const ingress: Case = {
  ...MUTUAL,
  name: 'proxyless/mutual-tls/ingress',
  title: 'The ingress gateway speaks mutual TLS with a server without a proxy.',
  invocation: {
    client: 'grpc-js',
    transport: 'tls',
    method: METHODS['order-service'].unary,
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', count: 1 },
    ledger: {
      attempts: 1,
      peerIdentity: 'URI:spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account',
    },
    gateway: { ...wayIn('tls'), ...routedTo('proxyless-orders') },
  },
  sabotages: [
    {
      name: 'a gateway told to use no TLS',
      change: client({ mode: 'DISABLE' }, '', '').change,
      caughtBy: GOT_UNAVAILABLE,
    },
  ],
};

/** What mutual TLS is without a proxy. */
export const mutualTlsCases: readonly Case[] = [bothSides, stranger, permissive, ingress];
