import type { RpcExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { jsonPatch } from '../patches.ts';
import { serverInstead } from './sabotages.ts';

const NO_ERROR = 0;

/**
 * A server that has answered a client stream before its end and wants no more of it (RFC 9113, section 8.1: RST_STREAM
 * with NO_ERROR after a complete response, which a client must not discard).
 */
const afterReply = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const whole: RpcExpectation = { status: 'OK', count: 1 };
  return {
    name: 'on-the-wire/reset-after-reply',
    row: 'S11',
    title: 'A reply that its server has ended is whole, though the server resets the rest of the requests.',
    configuration: 'catch-all',
    invocation: {
      client: 'grpc-js',
      transport,
      method: METHODS.greeter['client-stream'],
      halfClose: 'after-status',
      script: { steps: [{ messages: {} }, { status: 'OK' }, { reset: NO_ERROR }] },
      deadlineMs: 10_000,
    },
    expectation: {
      rpc: whole,
      ledger: { attempts: 1, service: 'grpc-service' },
      gateway: wayIn(transport),
      frames: {
        client: { responseEnds: 'trailers' },
        backend: { resets: [{ by: 'backend', code: NO_ERROR }], responseEnds: 'trailers' },
      },
    },
    sabotages: [
      serverInstead(
        'a server that does not reset',
        { steps: [{ messages: {} }, { status: 'OK' }] },
        'RST_STREAM on the backend leg: expected',
      ),
    ],
  };
});

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
    // The text was seen to be without it on 1.40; the changelog of 1.39 names no guard.
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

export const cases: readonly Case[] = [...afterReply, ...failedConnection];
