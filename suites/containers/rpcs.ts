import { STATUS_NAMES, statusCode, type StatusName } from '../../src/clients/grpc-status.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { otherDestination } from '../catch-all/sabotages.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { tlsOn80 } from '../h2c/sabotages.ts';
import { METHODS, RPC_KINDS, TRANSPORTS } from '../requests.ts';
import { alpnWithoutH2, expired, untrusted } from '../tls-gateway/sabotages.ts';
import { impatientClient, withoutMetadata, wordlessServer } from './sabotages.ts';

const NO_RPC = 'grpc-status: expected OK, got UNAVAILABLE';

const kinds = expand({ transport: TRANSPORTS, kind: RPC_KINDS }, ({ transport, kind }): Case => {
  const { invocation, expectation } = answeredByGreeter(kind, transport);
  return {
    name: 'containers/rpc/grpc-go',
    row: transport === 'tls' ? 'S1' : 'S3',
    title: `grpc-go makes a ${kind} RPC over ${transport}, from a container on the cluster's network.`,
    configuration: 'catch-all',
    needs: ['docker'],
    ...(transport === 'tls'
      ? {}
      : { cell: { table: 'h2c-clients', line: 'grpc-go', column: 'prior knowledge', says: 'yes' } }),
    invocation: { ...invocation, client: 'grpc-go' },
    expectation,
    sabotages:
      transport === 'tls'
        ? [
            alpnWithoutH2('missing selected ALPN property'),
            expired('certificate has expired or is not yet valid'),
            untrusted('certificate signed by unknown authority'),
          ]
        : [tlsOn80(NO_RPC)],
  };
});

/** Every status that is none of success. */
const FAILURES = STATUS_NAMES.filter((name) => name !== 'OK');

const statuses = expand(
  { status: FAILURES.map((name) => name.toLowerCase().replaceAll('_', '-')) },
  ({ status: form }): Case => {
    const status = form.toUpperCase().replaceAll('-', '_') as StatusName;
    return {
      name: 'containers/status/grpc-go',
      row: 'S14',
      title: `grpc-go is told ${status} as the server said it, with its message.`,
      configuration: 'catch-all',
      needs: ['docker'],
      invocation: {
        client: 'grpc-go',
        transport: 'tls',
        method: METHODS.greeter.unary,
        script: { steps: [{ status, message: 'said by the server, 100 %', afterHeaders: true }] },
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: { status, details: 'said by the server, 100 %', count: 0 },
        ledger: { attempts: 1, service: 'grpc-service', perAttempt: [{ status, trailersOnly: false }] },
        gateway: { ...wayIn('tls'), ...routedTo('grpc-service', statusCode(status)) },
      },
      sabotages: [otherDestination('service: expected grpc-service, got streaming-service')],
    };
  },
);

const SENT = {
  'x-text': 'plain text',
  'x-repeated': ['first', 'second'],
  'x-blob-bin': Buffer.from([0, 127, 255]).toString('base64'),
} as const;

const metadata = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'containers/metadata/grpc-go',
  row: 'S14',
  title: 'Text, repeated and binary metadata of grpc-go arrives as sent, and comes back so, on both ways.',
  configuration: 'catch-all',
  needs: ['docker'],
  invocation: {
    client: 'grpc-go',
    transport,
    method: METHODS.greeter.bidi,
    metadata: SENT,
    script: { steps: [{ headers: SENT }, { answer: true }, { status: 'OK', trailers: SENT }] },
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', initialMetadata: SENT, trailers: SENT },
    ledger: { attempts: 1, service: 'grpc-service', metadata: SENT },
    gateway: { ...wayIn(transport), ...routedTo('grpc-service') },
  },
  sabotages: [withoutMetadata, wordlessServer],
}));

const DEADLINE_MS = 700;

const deadline = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'containers/deadline/grpc-go',
  row: 'S14',
  title: "grpc-go's deadline reaches the server as grpc-timeout, and ends the RPC on time.",
  configuration: 'catch-all',
  needs: ['docker'],
  alone: true,
  invocation: {
    client: 'grpc-go',
    transport,
    method: METHODS.greeter.unary,
    script: { steps: [{ wait: 5_000 }, { answer: true }] },
    deadlineMs: DEADLINE_MS,
  },
  expectation: {
    rpc: {
      status: 'DEADLINE_EXCEEDED',
      tolerated: [
        {
          status: 'UNAVAILABLE',
          because: 'the gateway counts the same grpc-timeout down, and its word may come first (envoy#10184)',
          envoy: '<=1.40',
        },
      ],
      count: 0,
      ended: { by: 'client deadline', atMs: DEADLINE_MS },
    },
    // The handshake is taken off.
    ledger: { attempts: 1, service: 'grpc-service', deadlineMs: { min: 1, max: DEADLINE_MS } },
  },
  sabotages: [impatientClient('ended by the client deadline')],
}));

/** What grpc-go must get through the gateway. */
export const rpcCases: readonly Case[] = [...kinds, ...statuses, ...metadata, ...deadline];
