import { expand, type Case } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { replies, routedTo, wayIn } from '../expectations.ts';
import { framed } from '../plain-grpc.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, requestsFor } from '../requests.ts';
import { backendCases } from './backends.ts';
import { DECLARATIONS, choosing, through, works, type Declaration } from './declarations.ts';
import { everyPortGrpc, everyPortHttp } from './sabotages.ts';

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

export const cases: readonly Case[] = [...native, ...web, ...http1, ...backendCases];
