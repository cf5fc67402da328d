import type { Transport } from '../../src/clients/target.ts';
import type {
  GatewayExpectation,
  LedgerExpectation,
  RpcExpectation,
} from '../../src/conformance/expectation.ts';
import type { Case, Sabotage } from '../../src/conformance/model.ts';
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

type Kind = (typeof RPCS)[number][0];

/** What comes of an RPC, beside the invocation, which is the same for all pods. */
type Outcome = Pick<Case, 'title' | 'sabotages'> & {
  readonly says: string;
  readonly expectation: Expected;
};
interface Expected {
  readonly rpc: RpcExpectation;
  readonly ledger: LedgerExpectation;
  readonly gateway: GatewayExpectation;
}

/** @param outcomes by whether the gateway speaks HTTP/2 to the pods */
const before = (
  pods: Pods,
  outcomes: Record<
    'http2' | 'http1',
    (declaration: Declaration, kind: Kind, transport: Transport) => Outcome
  >,
): Case[] =>
  DECLARATIONS.flatMap((declaration) =>
    RPCS.map(([kind, transport]): Case => {
      const configuration = PODS[pods];
      const made = outcomes[works(declaration, '2') ? 'http2' : 'http1'](declaration, kind, transport);
      const { says, ...facts } = made;
      const { invocation } = answeredByGreeter(kind, transport);
      return {
        name: `protocol-matrix/${configuration.replace('protocol-matrix-', '')}/${declaration}/${kind}`,
        row: 'S13',
        configuration,
        cell: { table: 'port-protocols-of-other-pods', line: declaration, column: `${pods}, ${kind}`, says },
        ...facts,
        invocation: { ...invocation, metadata: choosing(declaration) },
      };
    }),
  );

/** The pods answer as those of `manifests/protocol-matrix` do. */
const answered =
  (pods: Pods, sabotage: Sabotage) =>
  (declaration: Declaration, kind: Kind, transport: Transport): Outcome => ({
    says: 'works',
    title: `A ${kind} RPC reaches ${pods} whose port is declared by ${declaration}.`,
    expectation: {
      ...answeredByGreeter(kind, transport).expectation,
      gateway: { ...wayIn(transport), ...routedTo(through(declaration)) },
    },
    sabotages: [sabotage],
  });

/** The gateway reached pods, or tried to, and no RPC came of it. */
const broken = (transport: Transport, details: RegExp, gateway: GatewayExpectation = {}): Expected => ({
  rpc: { status: 'UNAVAILABLE', details, count: 0, servedBy: null },
  ledger: { attempts: 0 },
  gateway: { ...wayIn(transport), grpcStatus: 14, ...gateway },
});

const tls = before('TLS pods', {
  http2: answered('TLS pods', everyPortHttp('grpc-status: expected OK, got UNAVAILABLE', true)),
  http1: (declaration, kind, transport) => ({
    says: 'fails',
    title: `With the port declared by ${declaration} TLS pods are offered HTTP/1.1, and a ${kind} RPC fails.`,
    expectation: broken(transport, /reset reason: remote connection failure/, { upstreamProtocol: null }),
    sabotages: [everyPortGrpc('grpc-status: expected UNAVAILABLE, got OK', true)],
  }),
});

const http1 = before('HTTP/1.1 pods', {
  http2: (declaration, kind, transport) => ({
    says: 'fails',
    title: `With the port declared by ${declaration} HTTP/1.1 pods get HTTP/2, and a ${kind} RPC fails.`,
    expectation: broken(transport, /reset reason: protocol error/),
    sabotages: [everyPortHttp('grpc-status: expected UNAVAILABLE, got RESOURCE_EXHAUSTED')],
  }),
  http1: (declaration, kind, transport) => ({
    says: 'is no gRPC',
    title: `With the port declared by ${declaration} HTTP/1.1 pods answer a ${kind} RPC, though not by gRPC.`,
    expectation: {
      // Its text, read as the length of a message.
      rpc: { status: 'RESOURCE_EXHAUSTED', details: /message larger than max/, count: 0, servedBy: null },
      ledger: { attempts: 0 },
      gateway: { ...wayIn(transport), responseCode: 200, upstreamProtocol: 'HTTP/1.1' },
    },
    sabotages: [everyPortGrpc('grpc-status: expected RESOURCE_EXHAUSTED, got UNAVAILABLE')],
  }),
});

const sidecar = before('pods with a sidecar', {
  http2: answered('pods with a sidecar', everyPortHttp('grpc-status: expected OK, got UNAVAILABLE')),
  http1: (declaration, kind, transport) => ({
    says: 'fails',
    title: `With the port declared by ${declaration} sidecar and pods get HTTP/1.1, and a ${kind} RPC fails.`,
    expectation: broken(transport, /reset reason: protocol error/, { upstreamProtocol: 'HTTP/1.1' }),
    sabotages: [everyPortGrpc('grpc-status: expected UNAVAILABLE, got OK')],
  }),
});

/** The same Services before pods that speak TLS, before pods without HTTP/2, and before sidecars. */
export const backendCases: readonly Case[] = [...tls, ...http1, ...sidecar];
