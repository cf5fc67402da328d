import type { Sabotage } from '../../src/conformance/model.ts';
import { onConnectionManager } from '../envoy-filters.ts';
import { jsonPatch } from '../patches.ts';
import type { Stream } from './streams.ts';

/** At the scale of seconds: what a timer of minutes does to a stream of hours, this does to the streams of the row. */
const TIMER = '1s';

/** A timeout on the route. Envoy counts from the end of the request stream to the end of the reply. */
export const routeTimeout = (caughtBy: string): Sabotage => ({
  name: 'a timeout on the route',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-streaming', {
        op: 'add',
        path: '/spec/http/0/timeout',
        value: TIMER,
      }),
    ],
  },
  caughtBy,
});

/** A limit for silence that is shorter than the silence of a quiet stream. */
export const idleTimeout = (caughtBy: string): Sabotage => ({
  name: 'stream idle timeout below the quiet interval',
  change: { objects: [onConnectionManager('stream-idle-timeout', { stream_idle_timeout: TIMER })] },
  caughtBy,
});

/** A limit for the whole of a stream: no message postpones it. */
export const maxStreamDuration = (caughtBy: string): Sabotage => ({
  name: 'max_stream_duration',
  change: {
    objects: [
      onConnectionManager('max-stream-duration', {
        common_http_protocol_options: { max_stream_duration: TIMER },
      }),
    ],
  },
  caughtBy,
});

/** Takes a field out of a configuration's EnvoyFilter. */
export const limitRemoved =
  (envoyFilter: string, field: string) =>
  (caughtBy: string): Sabotage => ({
    name: `no ${envoyFilter}`,
    change: {
      manifests: [
        jsonPatch('EnvoyFilter', envoyFilter, {
          op: 'remove',
          path: `/spec/configPatches/0/patch/value/typed_config/${field}`,
        }),
      ],
    },
    caughtBy,
  });

/** The route as it should be. */
export const routeTimeoutRemoved = (caughtBy: string): Sabotage => ({
  name: 'no timeout on the route',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-streaming', { op: 'remove', path: '/spec/http/0/timeout' }),
    ],
  },
  caughtBy,
});

/** Whoever should keep the stream busy pauses for longer than the idle timer. */
export const falseSilence = (kind: Stream): Sabotage => ({
  name: `a ${kind} RPC that falls silent`,
  change:
    kind === 'client-stream'
      ? { invocation: { requestIntervalMs: 1_500 } }
      : { script: { steps: [{ messages: {} }, { wait: 2_000 }, { status: 'OK' }] } },
  caughtBy: 'access log responseFlags: expected nothing, got SI',
});
