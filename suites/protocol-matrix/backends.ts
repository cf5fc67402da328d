import type { Case } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { DECLARATIONS, choosing, through, works, type Declaration } from './declarations.ts';
import { everyPortGrpc, everyPortHttp } from './sabotages.ts';

/** One kind of RPC that is one request and one reply, by TLS, and one that is neither, without. */
const RPCS = [
  ['unary', 'tls'],
  ['bidi', 'h2c'],
] as const;

/** Pods of another kind behind the Services of `manifests/protocol-matrix`. */
const PODS = {
  'TLS pods': 'protocol-matrix-tls',
  'HTTP/1.1 pods': 'protocol-matrix-http1',
  'pods with a sidecar': 'protocol-matrix-sidecar',
} as const;
type Pods = keyof typeof PODS;

const named = (pods: Pods, declaration: Declaration, kind: string, says: string) =>
  ({
    name: `protocol-matrix/${PODS[pods].replace('protocol-matrix-', '')}/${declaration}/${kind}`,
    row: 'S13',
    configuration: PODS[pods],
    cell: { table: 'port-protocols-of-other-pods', line: declaration, column: `${pods}, ${kind}`, says },
  }) as const;

const each = (make: (declaration: Declaration, rpc: (typeof RPCS)[number]) => Case): Case[] =>
  DECLARATIONS.flatMap((declaration) => RPCS.map((rpc) => make(declaration, rpc)));

const tls = each((declaration, [kind, transport]) => {
  const { invocation, expectation } = answeredByGreeter(kind, transport);
  const asked = { ...invocation, metadata: choosing(declaration) };
  return works(declaration, '2')
    ? {
        ...named('TLS pods', declaration, kind, 'works'),
        title: `A ${kind} RPC reaches TLS pods whose port is declared by ${declaration}.`,
        invocation: asked,
        expectation: { ...expectation, gateway: { ...wayIn(transport), ...routedTo(through(declaration)) } },
        sabotages: [everyPortHttp('grpc-status: expected OK, got UNAVAILABLE', true)],
      }
    : {
        ...named('TLS pods', declaration, kind, 'fails'),
        title: `With the port declared by ${declaration} TLS pods are offered HTTP/1.1, and a ${kind} RPC fails.`,
        invocation: asked,
        expectation: {
          rpc: {
            status: 'UNAVAILABLE',
            details: /reset reason: remote connection failure/,
            count: 0,
            servedBy: null,
          },
          ledger: { attempts: 0 },
          gateway: { ...wayIn(transport), grpcStatus: 14, upstreamProtocol: null },
        },
        sabotages: [everyPortGrpc('grpc-status: expected UNAVAILABLE, got OK', true)],
      };
});

const http1 = each((declaration, [kind, transport]) => {
  const { invocation } = answeredByGreeter(kind, transport);
  const asked = { ...invocation, metadata: choosing(declaration) };
  return works(declaration, '2')
    ? {
        ...named('HTTP/1.1 pods', declaration, kind, 'fails'),
        title: `With the port declared by ${declaration} HTTP/1.1 pods get HTTP/2, and a ${kind} RPC fails.`,
        invocation: asked,
        expectation: {
          rpc: { status: 'UNAVAILABLE', details: /reset reason: protocol error/, count: 0, servedBy: null },
          ledger: { attempts: 0 },
          gateway: { ...wayIn(transport), grpcStatus: 14 },
        },
        sabotages: [everyPortHttp('grpc-status: expected UNAVAILABLE, got RESOURCE_EXHAUSTED')],
      }
    : {
        ...named('HTTP/1.1 pods', declaration, kind, 'is no gRPC'),
        title: `With the port declared by ${declaration} HTTP/1.1 pods answer a ${kind} RPC, though not by gRPC.`,
        invocation: asked,
        expectation: {
          // Its text, read as the length of a message.
          rpc: { status: 'RESOURCE_EXHAUSTED', details: /message larger than max/, count: 0, servedBy: null },
          ledger: { attempts: 0 },
          gateway: { ...wayIn(transport), responseCode: 200, upstreamProtocol: 'HTTP/1.1' },
        },
        sabotages: [everyPortGrpc('grpc-status: expected RESOURCE_EXHAUSTED, got UNAVAILABLE')],
      };
});

const sidecar = each((declaration, [kind, transport]) => {
  const { invocation, expectation } = answeredByGreeter(kind, transport);
  const asked = { ...invocation, metadata: choosing(declaration) };
  return works(declaration, '2')
    ? {
        ...named('pods with a sidecar', declaration, kind, 'works'),
        title: `A ${kind} RPC reaches pods with a sidecar whose port is declared by ${declaration}.`,
        invocation: asked,
        expectation: { ...expectation, gateway: { ...wayIn(transport), ...routedTo(through(declaration)) } },
        sabotages: [everyPortHttp('grpc-status: expected OK, got UNAVAILABLE')],
      }
    : {
        ...named('pods with a sidecar', declaration, kind, 'fails'),
        title: `With the port declared by ${declaration} sidecar and pods get HTTP/1.1, and a ${kind} RPC fails.`,
        invocation: asked,
        expectation: {
          rpc: { status: 'UNAVAILABLE', details: /reset reason: protocol error/, count: 0, servedBy: null },
          ledger: { attempts: 0 },
          gateway: { ...wayIn(transport), grpcStatus: 14, upstreamProtocol: 'HTTP/1.1' },
        },
        sabotages: [everyPortGrpc('grpc-status: expected UNAVAILABLE, got OK')],
      };
});

/** The same Services before pods that speak TLS, before pods without HTTP/2, and before sidecars. */
export const backendCases: readonly Case[] = [...tls, ...http1, ...sidecar];
