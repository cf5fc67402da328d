import type { Script } from '../../src/clients/script.ts';
import type { FramesExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { serverInstead } from './sabotages.ts';

const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const ENHANCE_YOUR_CALM = 11;

/** Codes that no default policy retries. */
const CODES = { 'internal-error': INTERNAL_ERROR, 'enhance-your-calm': ENHANCE_YOUR_CALM } as const;

const noReset = (script: Script) =>
  serverInstead('a server that does not reset', script, 'RST_STREAM on the backend leg: expected');

/** Before its headers the gateway can still answer in the server's place; afterwards it can only reset too. */
const byServer = expand(
  {
    transport: TRANSPORTS,
    stage: ['before-headers', 'after-message'],
    code: ['internal-error', 'enhance-your-calm'],
  },
  ({ transport, stage, code }): Case => {
    const before = stage === 'before-headers';
    const reset = { by: 'backend', code: CODES[code] } as const;
    const frames = (passedOn: number): FramesExpectation => ({
      client: before
        ? { resets: [], responseEnds: 'trailers-only' }
        : { resets: [{ by: 'gateway', code: passedOn }], responseEnds: 'never' },
      backend: { streams: 1, resets: [reset], responseEnds: 'never' },
    });
    return {
      name: 'on-the-wire/reset-by-server',
      row: 'S11',
      title: before
        ? 'A reset before the response is UNAVAILABLE to the client, and no reset.'
        : 'A reset within the response is a reset to the client, with the gateway’s own code.',
      configuration: 'catch-all',
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter['server-stream'],
        script: { steps: [...(before ? [] : [{ messages: {} }]), { reset: CODES[code] }] },
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: before
          ? { status: 'UNAVAILABLE', details: /reset before headers/, count: 0 }
          : { status: 'INTERNAL', details: /^Received RST_STREAM with code/, count: 1 },
        ledger: { attempts: 1, service: 'grpc-service' },
        gateway: { ...wayIn(transport), responseFlags: 'UR' },
        frames: frames(NO_ERROR),
      },
      // Envoy reset with NO_ERROR up to 1.36, with INTERNAL_ERROR since (changelogs/1.37.0, guard reset_with_error).
      sinceEnvoy: { '1.37': { frames: frames(INTERNAL_ERROR) } },
      ...(before
        ? {}
        : {
            differs: {
              by: 'reset-code',
              before: 'RST_STREAM with NO_ERROR',
              since: 'RST_STREAM with INTERNAL_ERROR',
            },
          }),
      sabotages: [noReset({ steps: [{ messages: {} }, { status: 'OK' }] })],
    };
  },
);

export const cases: readonly Case[] = byServer;
