import type { Transport } from '../src/clients/target.ts';
import type {
  GatewayExpectation,
  LedgerExpectation,
  RpcExpectation,
} from '../src/conformance/expectation.ts';

/** The host of the Gateway. */
export const HOST = 'grpc.example.com';

/** How the access log shows the way in that a transport takes. */
export const wayIn = (transport: Transport): GatewayExpectation => ({
  protocol: 'HTTP/2',
  authority: HOST,
  requestedServerName: transport === 'tls' ? HOST : null,
  tlsVersion: transport === 'tls' ? /^TLSv1\.[23]$/ : null,
});

/** How the access log shows an RPC that a service answered at the first try, with this grpc-status. */
export const routedTo = (service: string, grpcStatus = 0): GatewayExpectation => ({
  grpcStatus,
  responseCode: 200,
  responseCodeDetails: 'via_upstream',
  responseFlags: null,
  upstreamCluster: new RegExp(`^outbound\\|50051\\|\\|${service}\\.`),
  upstreamProtocol: 'HTTP/2',
  attempts: 1,
});

/** How the access log shows an RPC that no route matches: the gateway answers by itself. */
export const UNROUTED: GatewayExpectation = {
  grpcStatus: 12,
  responseCodeDetails: 'route_not_found',
  responseFlags: 'NR',
  upstreamCluster: null,
  upstreamHost: null,
};

/** So many replies, in their order where there is one. */
export const replies = (count: number): Pick<RpcExpectation, 'count' | 'inOrder'> =>
  count > 1 ? { count, inOrder: true } : { count };

/** So many requests have reached the service, in their order where there is one. */
export const requestsSeen = (received: number): Pick<LedgerExpectation, 'received' | 'inOrder'> =>
  received > 1 ? { received, inOrder: true } : { received };
