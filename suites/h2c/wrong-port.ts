import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST } from '../expectations.ts';
import { framed } from '../plain-grpc.ts';
import { METHODS } from '../requests.ts';
import { plaintextOn443, tlsOn80 } from './sabotages.ts';

export const COMMAND = ['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto'];
const GREETING = ['-d', '{"name":"World"}'];

const TLS_TO_80 = {
  tls: undefined,
  'grpc-js': 'grpc-js',
  grpcurl: 'grpcurl (grpc-go)',
  'node-http2': 'node:http2',
  undici: 'undici (H2CClient)',
} as const;

const tlsClient = expand(
  { client: Object.keys(TLS_TO_80) as (keyof typeof TLS_TO_80)[] },
  ({ client }): Case => {
    const line = TLS_TO_80[client];
    const facts = {
      name: 'h2c/tls-client',
      row: 'S3',
      title: 'A client that speaks TLS to port 80 is told in no words at all; its own say what is wrong.',
      configuration: 'catch-all',
      ...(line === undefined
        ? {}
        : {
            cell: {
              table: 'h2c-clients',
              line,
              column: 'with TLS to port 80',
              says: 'no: no TLS answers',
            } as const,
          }),
    } as const;
    switch (client) {
      case 'node-http2':
      case 'undici':
        return {
          ...facts,
          invocation: {
            ...framed('tls', '2'),
            ...(client === 'undici' ? { by: client } : {}),
            listener: 'h2c',
          },
          expectation: {
            http: { status: 0, error: /wrong version number|packet length/ },
            ledger: { attempts: 0 },
            gateway: 'no line',
          },
          sabotages: [tlsOn80('HTTP status: expected 0, got 200')],
        };
      case 'tls':
        return {
          ...facts,
          invocation: { client, alpn: ['h2'], listener: 'h2c' },
          expectation: {
            tls: { alpn: '', version: '', authorized: false, error: /wrong version number|packet length/ },
          },
          sabotages: [tlsOn80('ALPN: expected (empty), got h2')],
        };
      case 'grpc-js':
        return {
          ...facts,
          invocation: {
            client,
            transport: 'tls',
            listener: 'h2c',
            method: METHODS.greeter.unary,
            deadlineMs: 5_000,
          },
          expectation: {
            rpc: {
              status: 'UNAVAILABLE',
              details: /wrong version number|packet length/,
              count: 0,
              servedBy: null,
            },
            ledger: { attempts: 0 },
            gateway: 'no line',
          },
          sabotages: [tlsOn80('grpc-status: expected UNAVAILABLE, got OK')],
        };
      case 'grpcurl':
        return {
          ...facts,
          invocation: {
            client,
            arguments: [
              ...COMMAND,
              ...GREETING,
              '-cacert',
              '$CA',
              '-authority',
              HOST,
              '$GATEWAY_IP:80',
              METHODS.greeter.unary,
            ],
          },
          expectation: {
            rpc: {
              status: 'UNAVAILABLE',
              count: 0,
              servedBy: null,
              process: { exitCode: 1, stderr: /first record does not look like a TLS handshake/ },
            },
            ledger: { attempts: 0 },
            gateway: 'no line',
          },
          sabotages: [tlsOn80('grpc-status: expected UNAVAILABLE, got OK')],
        };
    }
  },
);

const on443: Case = {
  name: 'h2c/plaintext-client-on-443/grpcurl',
  row: 'S3',
  title: 'grpcurl -plaintext to port 443 does not get through.',
  configuration: 'catch-all',
  invocation: {
    client: 'grpcurl',
    arguments: [
      ...[...COMMAND, ...GREETING, '-plaintext', '-connect-timeout', '3', '-authority', HOST],
      ...['$GATEWAY_IP:443', METHODS.greeter.unary],
    ],
  },
  expectation: {
    rpc: { status: 'UNAVAILABLE', count: 0, servedBy: null, process: { exitCode: 1 } },
    ledger: { attempts: 0 },
    gateway: 'no line',
  },
  sabotages: [plaintextOn443('grpc-status: expected UNAVAILABLE, got OK')],
};

/** TLS to port 80, and plaintext to port 443. */
export const wrongPortCases: readonly Case[] = [...tlsClient, on443];
