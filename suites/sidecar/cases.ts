import { expand, type Case } from '../../src/conformance/model.ts';
import { requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { PAYLOAD, REQUESTS, heldOpen } from '../held-open.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo } from '../requests.ts';
import { FACTS, SERVICE, ask, cameFrom } from './facts.ts';
import { declaredTcp, noGrace, permissive, withoutTls } from './sabotages.ts';

/** How many replies each kind gets to one request without a script. */
const REPLIES = { unary: 1, 'client-stream': 1, 'server-stream': 3, bidi: 1 } as const;

const kinds = expand({ kind: RPC_KINDS }, ({ kind }): Case => ({
  ...FACTS,
  name: 'sidecar/rpc',
  title: `A ${kind} RPC goes from sidecar to sidecar under STRICT mutual TLS, which client and server know nothing of.`,
  invocation: { ...ask(), method: METHODS['order-service'][kind] },
  expectation: {
    rpc: { status: 'OK', count: REPLIES[kind], servedBy: { service: SERVICE }, peerIdentity: null },
    ledger: { attempts: 1, service: SERVICE, metadata: cameFrom('default', 'sidecar-caller') },
    gateway: 'no line',
  },
  sabotages: [withoutTls(SERVICE)],
}));

const stranger: Case = {
  ...FACTS,
  name: 'sidecar/stranger',
  title: 'A sidecar under STRICT answers no plaintext.',
  invocation: { ...ask(), from: 'plain-caller' },
  expectation: { rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null }, ledger: { attempts: 0 } },
  sabotages: [permissive],
};

const ingress = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  ...FACTS,
  name: 'sidecar/ingress',
  title: `A client outside comes over ${transport} through the ingress gateway to a server behind a sidecar.`,
  invocation: { client: 'grpc-js', transport, method: METHODS['order-service'].unary, deadlineMs: 10_000 },
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: SERVICE } },
    ledger: {
      attempts: 1,
      service: SERVICE,
      metadata: cameFrom('istio-system', 'istio-ingressgateway-service-account'),
    },
    gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
  },
  sabotages: [withoutTls(SERVICE)],
}));

/** 30 RPCs on one connection of the client's. The proxy tosses a coin between two pods for each. */
const balancing = expand({ service: [SERVICE, 'sidecar-undeclared'] }, ({ service }): Case => ({
  ...FACTS,
  name: 'sidecar/balancing',
  title:
    service === SERVICE
      ? 'The RPCs of one connection are balanced over the pods by the sidecar.'
      : 'The sidecars find out by themselves that a port speaks HTTP/2, and balance its RPCs.',
  invocation: { ...ask(service), calls: 30 },
  expectation: { rpc: { status: 'OK' }, ledger: { attempts: 1 }, spread: { pods: 2, atLeastEach: 4 } },
  sabotages: [declaredTcp(service)],
}));

const STREAMS = 5;

const drain: Case = {
  ...FACTS,
  name: 'sidecar/drain',
  title:
    'Streams that are open when their pods are deleted end whole: the sidecar stays until its server is done.',
  invocation: heldOpen('tls', 'bidi', STREAMS, 'order-service'),
  actions: [{ await: 'response headers' }, { restart: SERVICE }, { invoke: ask(), as: 'an RPC after it' }],
  limitMs: 90_000,
  expectation: {
    rpc: { status: 'OK', ...repliesTo('bidi', REQUESTS, PAYLOAD), servedBy: { service: SERVICE } },
    ledger: { attempts: 1, service: SERVICE, ...requestsSeen(REQUESTS), halfClosed: true, cancelled: false },
    meanwhile: { 'an RPC after it': { rpc: { status: 'OK' }, ledger: { attempts: 1, service: SERVICE } } },
  },
  sabotages: [noGrace],
};

/** The same RPCs through sidecars, to compare with those without. */
export const cases: readonly Case[] = [...kinds, stranger, ...ingress, ...balancing, drain];
