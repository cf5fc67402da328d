import { expand, type Case } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { replies, routedTo, wayIn } from '../expectations.ts';
import { framed } from '../plain-grpc.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, requestsFor } from '../requests.ts';
import { everyPortGrpc, everyPortHttp } from './sabotages.ts';

/** What the gateway speaks to pods that speak HTTP/2 alone. */
type Spoken = 'HTTP/2' | 'HTTP/1.1' | 'as the client';

/**
 * Each is a Service of `manifests/protocol-matrix/services.yaml`, and what a gateway makes of it (Istio, "Protocol
 * Selection": a gateway guesses nothing; what is not declared is HTTP/1.1).
 */
const SPOKEN = {
  'name-grpc': 'HTTP/2',
  'name-grpc-api': 'HTTP/2',
  'name-http2': 'HTTP/2',
  'app-protocol-grpc': 'HTTP/2',
  'app-protocol-http2': 'HTTP/2',
  'app-protocol-h2c': 'HTTP/2',
  'name-http': 'HTTP/1.1',
  'app-protocol-http': 'HTTP/1.1',
  'name-https': 'HTTP/1.1',
  'name-tcp': 'HTTP/1.1',
  'name-h2c': 'HTTP/1.1',
  'name-otlp-grpc': 'HTTP/1.1',
  unnamed: 'HTTP/1.1',
  'http-as-client': 'as the client',
  'unnamed-as-client': 'as the client',
} as const satisfies Readonly<Record<string, Spoken>>;
type Declaration = keyof typeof SPOKEN;
const DECLARATIONS = Object.keys(SPOKEN) as Declaration[];

const works = (declaration: Declaration, client: '1.1' | '2'): boolean =>
  SPOKEN[declaration] === 'HTTP/2' || (SPOKEN[declaration] === 'as the client' && client === '2');

const choosing = (declaration: Declaration) => ({ 'x-declared-by': declaration });
const through = (declaration: Declaration) => `matrix-${declaration}`;

/** The report makes a table of these. */
const named = (declaration: Declaration, column: string, says: 'works' | 'fails' | 'loses its status') =>
  ({
    name: `protocol-matrix/${declaration}`,
    row: 'S13',
    configuration: 'protocol-matrix',
    cell: { table: 'port-protocols', line: declaration, column, says },
  }) as const;

const BACKEND_GOT_HTTP_1 = { grpcStatus: 14, upstreamProtocol: 'HTTP/1.1' } as const;

const native = DECLARATIONS.flatMap((declaration) =>
  expand({ transport: TRANSPORTS, kind: RPC_KINDS }, ({ transport, kind }): Case => {
    const { invocation, expectation } = answeredByGreeter(kind, transport);
    const asked = { ...invocation, metadata: choosing(declaration) };
    return works(declaration, '2')
      ? {
          ...named(declaration, `${transport} ${kind}`, 'works'),
          title: `A ${kind} RPC reaches pods whose port is declared by ${declaration}.`,
          invocation: asked,
          expectation: {
            ...expectation,
            gateway: { ...wayIn(transport), ...routedTo(through(declaration)) },
          },
          sabotages: [everyPortHttp('grpc-status: expected OK, got UNAVAILABLE')],
        }
      : {
          ...named(declaration, `${transport} ${kind}`, 'fails'),
          title: `With the port declared by ${declaration} the pods get HTTP/1.1, and a ${kind} RPC fails.`,
          invocation: asked,
          expectation: {
            rpc: { status: 'UNAVAILABLE', details: /reset before headers/, count: 0, servedBy: null },
            ledger: { attempts: 0 },
            gateway: { ...wayIn(transport), ...BACKEND_GOT_HTTP_1 },
          },
          sabotages: [everyPortGrpc('grpc-status: expected UNAVAILABLE, got OK')],
        };
  }),
);

/** gRPC-Web comes by HTTP/1.1 here; what the filter makes of it goes on as the port declares, or as it came. */
const web = DECLARATIONS.flatMap((declaration) =>
  expand({ client: ['grpc-web'], kind: ['unary', 'server-stream'] }, ({ kind }): Case => {
    const count = kind === 'unary' ? 1 : 3;
    const invocation = {
      client: 'grpc-web',
      transport: 'tls',
      http: '1.1',
      mode: 'binary',
      method: METHODS.greeter[kind],
      requests: requestsFor(kind, count, 100),
      metadata: choosing(declaration),
      deadlineMs: 10_000,
    } as const;
    return works(declaration, '1.1')
      ? {
          ...named(declaration, `gRPC-Web ${kind}`, 'works'),
          title: `A ${kind} RPC by gRPC-Web reaches pods whose port is declared by ${declaration}.`,
          invocation,
          expectation: {
            rpc: { status: 'OK', ...replies(count), servedBy: { service: 'grpc-service' } },
            ledger: { attempts: 1, service: 'grpc-service' },
            gateway: { upstreamProtocol: 'HTTP/2' },
          },
          sabotages: [everyPortHttp('grpc-status: expected OK, got UNAVAILABLE')],
        }
      : {
          ...named(declaration, `gRPC-Web ${kind}`, 'fails'),
          title: `With the port declared by ${declaration} a ${kind} RPC by gRPC-Web over HTTP/1.1 fails.`,
          invocation,
          expectation: {
            rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null },
            ledger: { attempts: 0 },
            gateway: BACKEND_GOT_HTTP_1,
          },
          sabotages: [everyPortGrpc('grpc-status: expected UNAVAILABLE, got OK')],
        };
  }),
);

/** Native gRPC over HTTP/1.1: where it reaches the pods at all, the status is lost on the way back. */
const http1 = DECLARATIONS.flatMap((declaration) =>
  expand({ client: ['http-1.1'], kind: ['unary'] }, (): Case => {
    const plain = framed('h2c', '1.1');
    const invocation = { ...plain, headers: { ...plain.headers, ...choosing(declaration) } };
    return works(declaration, '1.1')
      ? {
          ...named(declaration, 'HTTP/1.1 unary', 'loses its status'),
          title: `gRPC over HTTP/1.1 reaches pods whose port is declared by ${declaration}, and its status is lost.`,
          invocation,
          expectation: {
            http: {
              status: 200,
              headers: { 'content-type': /^application\/grpc/, 'grpc-status': null },
              trailers: { 'grpc-status': null },
              error: '',
            },
            ledger: { attempts: 1, service: 'grpc-service' },
            gateway: { upstreamProtocol: 'HTTP/2' },
          },
          sabotages: [everyPortHttp('attempts: expected 1, got 0')],
        }
      : {
          ...named(declaration, 'HTTP/1.1 unary', 'fails'),
          title: `With the port declared by ${declaration} gRPC over HTTP/1.1 does not reach the pods.`,
          invocation,
          expectation: {
            http: { status: 200, headers: { 'grpc-status': '14' }, error: '' },
            ledger: { attempts: 0 },
            gateway: BACKEND_GOT_HTTP_1,
          },
          sabotages: [everyPortGrpc('attempts: expected 0, got 1')],
        };
  }),
);

export const cases: readonly Case[] = [...native, ...web, ...http1];
