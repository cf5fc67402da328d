import { expand, type Case } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { HOST, routedTo, wayIn } from '../expectations.ts';
import { framed, served } from '../plain-grpc.ts';
import { METHODS, RPC_KINDS } from '../requests.ts';
import {
  alpnWithoutH2,
  expired,
  gatewayOfOtherHost,
  keyOfAnother,
  otherHostsCertificate,
  secretElsewhere,
  secretMisnamed,
  secretMissing,
  untrusted,
} from './sabotages.ts';

const NO_RPC = 'grpc-status: expected OK, got UNAVAILABLE';

/**
 * Not one of them sees a gateway that has lost h2 from its ALPN: grpc-js does not ask what was picked, and Envoy knows
 * HTTP/2 by its preface (measured). The raw handshakes above see it, and grpcurl, for grpc-go insists on it.
 */
const rpcs = expand({ kind: RPC_KINDS }, ({ kind }): Case => {
  return {
    name: 'tls-gateway/rpc/grpc-js',
    row: 'S1',
    title: `A ${kind} RPC over TLS is answered.`,
    configuration: 'catch-all',
    ...answeredByGreeter(kind, 'tls'),
    sabotages: [
      secretMissing(NO_RPC),
      secretElsewhere(NO_RPC),
      secretMisnamed(NO_RPC),
      keyOfAnother(NO_RPC),
      expired('certificate has expired'),
      otherHostsCertificate(NO_RPC),
      gatewayOfOtherHost(NO_RPC),
    ],
  };
});

/** gRPC by clients that know nothing of it: its frames are made by hand. */
const httpClients = expand({ by: ['node-http2', 'undici'] }, ({ by }): Case => ({
  name: 'tls-gateway/rpc',
  row: 'S1',
  title: `${by === 'undici' ? 'undici' : 'node:http2'} reaches the service over TLS, trailers included.`,
  configuration: 'catch-all',
  invocation: { ...framed('tls', '2'), ...(by === 'undici' ? { by } : {}) },
  expectation: { ...served, gateway: { ...wayIn('tls'), ...routedTo('grpc-service') } },
  sabotages: [
    expired('certificate has expired'),
    // node:http2 goes on without ALPN, as grpc-js does, and Envoy knows HTTP/2 by its preface.
    by === 'undici'
      ? alpnWithoutH2('access log protocol: expected HTTP/2, got HTTP/1.1')
      : otherHostsCertificate('HTTP status: expected 200, got 0'),
  ],
}));

const grpcurl: Case = {
  name: 'tls-gateway/rpc/grpcurl',
  row: 'S1',
  title: 'grpcurl, which is made with grpc-go, verifies the certificate and demands h2 by ALPN.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpcurl',
    arguments: [
      ...['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto', '-cacert', '$CA'],
      ...['-d', '{"name":"World"}', '-authority', HOST, '$GATEWAY_IP:443', METHODS.greeter.unary],
    ],
  },
  expectation: {
    rpc: {
      status: 'OK',
      count: 1,
      reply: { message: 'Hello World' },
      servedBy: { service: 'grpc-service' },
      process: { exitCode: 0, stderr: '' },
    },
    ledger: { attempts: 1, service: 'grpc-service' },
    gateway: { ...wayIn('tls'), ...routedTo('grpc-service') },
  },
  sabotages: [
    alpnWithoutH2('missing selected ALPN property'),
    expired('certificate has expired'),
    untrusted('certificate signed by unknown authority'),
  ],
};

export const rpcCases: readonly Case[] = [...rpcs, ...httpClients, grpcurl];
