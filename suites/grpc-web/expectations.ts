import { statusCode } from '../../src/clients/grpc-status.ts';
import type { GrpcWebInvocation } from '../../src/clients/invocation.ts';
import type { Transport } from '../../src/clients/target.ts';
import type { GatewayExpectation, RpcExpectation } from '../../src/conformance/expectation.ts';
import { routedTo, wayIn } from '../expectations.ts';

/** What every request of the configuration is routed to. */
export const SERVICE = 'grpc-service';
/** The values of the axes. */
export const HTTP = ['1.1', '2'] as const satisfies readonly Http[];
export const MODES = ['binary', 'text'] as const satisfies readonly Mode[];
type Http = GrpcWebInvocation['http'];
type Mode = GrpcWebInvocation['mode'];

/** The content-type of each mode, as Envoy always writes it. */
export const CONTENT_TYPE: Readonly<Record<Mode, string>> = {
  binary: 'application/grpc-web+proto',
  text: 'application/grpc-web-text+proto',
};

/** How the access log shows the way in of a browser, which speaks either version of HTTP. */
export const webWayIn = (transport: Transport, http: Http): GatewayExpectation => ({
  ...wayIn(transport),
  protocol: `HTTP/${http}`,
});

/**
 * How the access log shows an RPC whose status stood in trailers. The filter has moved them into the body before they
 * are logged, and Envoy says UNKNOWN whatever the status was (istio/istio#58430). What is logged of the request is what
 * the filter has made of it.
 */
export const TRANSLATED: GatewayExpectation = {
  ...routedTo(SERVICE, statusCode('UNKNOWN')),
  contentType: 'application/grpc',
};

/** The HTTP reply around an RPC. */
export const httpReply = (
  transport: Transport,
  http: Http,
  mode: Mode,
): NonNullable<RpcExpectation['http']> => ({
  status: 200,
  contentType: CONTENT_TYPE[mode],
  alpn: transport === 'h2c' ? '' : http === '2' ? 'h2' : 'http/1.1',
});
