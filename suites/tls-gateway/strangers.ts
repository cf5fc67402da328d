import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST } from '../expectations.ts';
import { framed } from '../plain-grpc.ts';
import { METHODS } from '../requests.ts';
import { expired, gatewayOfAnyHost, plaintextOn443, secretMissing } from './sabotages.ts';

const sniByRpc: Case = {
  name: 'tls-gateway/sni/of-another-host/grpc-js',
  row: 'S1',
  title: 'An RPC with the right authority and a wrong SNI never gets as far as a route.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpc-js',
    transport: 'tls',
    method: METHODS.greeter.unary,
    authority: HOST,
    serverName: 'other.example.com',
    deadlineMs: 5_000,
  },
  expectation: {
    rpc: { status: 'UNAVAILABLE', details: /ECONNRESET|disconnected|closed/, count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: 'no line',
  },
  sabotages: [gatewayOfAnyHost('grpc-message: expected something like')],
};

/** The other way round: it is the client who must turn away. */
const publicTrust = expand({ client: ['tls', 'grpc-js'] }, ({ client }): Case => {
  const facts = {
    name: 'tls-gateway/untrusting',
    row: 'S1',
    title: 'A client that does not know the authority turns away from the gateway.',
    configuration: 'catch-all',
  } as const;
  return client === 'tls'
    ? {
        ...facts,
        invocation: { client, alpn: ['h2'], trust: 'public' },
        expectation: {
          tls: {
            alpn: 'h2',
            authorized: false,
            error: /UNABLE_TO_VERIFY|unable to verify/,
            subjectAltName: `DNS:${HOST}`,
          },
        },
        sabotages: [expired('TLS failure'), secretMissing("certificate's names")],
      }
    : {
        ...facts,
        invocation: {
          client,
          transport: 'tls',
          trust: 'public',
          method: METHODS.greeter.unary,
          deadlineMs: 5_000,
        },
        expectation: {
          rpc: { status: 'UNAVAILABLE', details: /unable to verify/, count: 0, servedBy: null },
          ledger: { attempts: 0 },
          gateway: 'no line',
        },
        sabotages: [secretMissing('grpc-message')],
      };
});

const plaintext = expand({ client: ['grpc-js', 'node-http2', 'http1'] }, ({ client }): Case => {
  const facts = {
    name: 'tls-gateway/plaintext-client',
    row: 'S1',
    title: 'A client that speaks no TLS to port 443 is cut off.',
    configuration: 'catch-all',
  } as const;
  return client === 'grpc-js'
    ? {
        ...facts,
        invocation: {
          client,
          transport: 'h2c',
          listener: 'tls',
          method: METHODS.greeter.unary,
          deadlineMs: 5_000,
        },
        expectation: {
          rpc: { status: 'UNAVAILABLE', details: /Failed to connect|ECONNRESET/, count: 0, servedBy: null },
          ledger: { attempts: 0 },
          gateway: 'no line',
        },
        sabotages: [plaintextOn443('grpc-status: expected UNAVAILABLE, got OK')],
      }
    : {
        ...facts,
        // A proxy in between ends the connection in its own way, and Node then reports another error.
        ...(client === 'node-http2' ? { needs: ['direct-connection'] } : {}),
        invocation: { ...framed('h2c', client === 'http1' ? '1.1' : '2'), listener: 'tls' },
        expectation: {
          http: { status: 0, error: /socket|ECONNRESET|closed|Protocol error/ },
          ledger: { attempts: 0 },
          gateway: 'no line',
        },
        sabotages: [plaintextOn443('HTTP status: expected 0, got 200')],
      };
});

/** Clients that must not get through. */
export const strangerCases: readonly Case[] = [sniByRpc, ...publicTrust, ...plaintext];
