import type { HttpInvocation } from '../src/clients/invocation.ts';
import type { Transport } from '../src/clients/target.ts';
import type { Expectation, HttpExpectation } from '../src/conformance/expectation.ts';
import { METHODS } from './requests.ts';

/** One empty message in gRPC's framing: not compressed, of length 0. */
const EMPTY_MESSAGE = Buffer.alloc(5).toString('base64');

/** The Greeter's unary RPC by a client that knows HTTP and nothing of gRPC. */
export const framed = (transport: Transport, http: HttpInvocation['http']): HttpInvocation => ({
  client: 'http',
  transport,
  http,
  verb: 'POST',
  path: `/${METHODS.greeter.unary}`,
  headers: { 'content-type': 'application/grpc', te: 'trailers' },
  body: EMPTY_MESSAGE,
});

/** That it was answered as gRPC is, the status in HTTP trailers. */
export const served: Expectation & { readonly http: HttpExpectation } = {
  http: {
    status: 200,
    headers: { 'content-type': /^application\/grpc(\+proto)?$/ },
    trailers: { 'grpc-status': '0', 'x-meshproof-service': 'grpc-service' },
    error: '',
  },
  ledger: { attempts: 1, service: 'grpc-service' },
};
