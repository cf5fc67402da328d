import type { RpcExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { jsonPatch } from '../patches.ts';

/** The gateway speaks TLS to a server that does not: why the connection failed was once told to the client, too. */
const failedConnection = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const told = (details: RegExp): RpcExpectation => ({
    status: 'UNAVAILABLE',
    details,
    count: 0,
    servedBy: null,
  });
  return {
    name: 'on-the-wire/tls-to-plaintext',
    row: 'S11',
    title: 'TLS to a server that speaks plaintext is UNAVAILABLE, and the access log says why.',
    configuration: 'tls-to-plaintext',
    invocation: { client: 'grpc-js', transport, method: METHODS.greeter.unary, deadlineMs: 10_000 },
    expectation: {
      rpc: told(/transport failure reason: TLS_error:.*WRONG_VERSION_NUMBER/),
      ledger: { attempts: 0 },
      gateway: { ...wayIn(transport), grpcStatus: 14, responseFlags: 'UF' },
    },
    // Seen with the reason on 1.36.4 and without on 1.40.0; of 1.39 summaries of the changelog say so, which names no guard.
    sinceEnvoy: {
      '1.39': { rpc: told(/^(?!.*transport failure reason).*reset reason: remote connection failure/) },
    },
    differs: {
      by: 'transport-failure-reason',
      before: 'the message names the error of TLS',
      since: 'the message says that the connection failed',
    },
    sabotages: [
      {
        name: 'a DestinationRule without TLS',
        change: {
          manifests: [
            jsonPatch('DestinationRule', 'tls-to-plaintext', {
              op: 'replace',
              path: '/spec/trafficPolicy/tls',
              value: { mode: 'DISABLE' },
            }),
          ],
        },
        caughtBy: 'grpc-status: expected UNAVAILABLE, got OK',
      },
    ],
  };
});

export const cases: readonly Case[] = failedConnection;
