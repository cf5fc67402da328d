import type { AdmissionInvocation, Sabotage } from '../../src/conformance/model.ts';
import { onConnectionManager } from '../envoy-filters.ts';
import { jsonPatch } from '../patches.ts';

/**
 * The seed's 15 minutes of streaming at the scale of seconds: what a timer of minutes does to a stream of hours, these
 * do to a stream of {@link STREAM_MS}.
 */
const TIMER = '1s';
/** How long the streams of the row last. */
export const STREAM_MS = 2_500;

/** A timeout on the route. Envoy counts from the end of the request stream to the end of the reply. */
export const routeTimeout = (caughtBy: string): Sabotage => ({
  name: 'a timeout on the route',
  change: {
    manifests: [
      jsonPatch('VirtualService', 'grpc-streaming', { op: 'add', path: '/spec/http/0/timeout', value: TIMER }),
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

/** Connections may grow as old as they like. */
export const noConnectionLimit: Sabotage = {
  name: 'no limit for connections',
  change: {
    manifests: [
      jsonPatch('EnvoyFilter', 'max-connection-duration', {
        op: 'remove',
        path: '/spec/configPatches/0/patch/value/typed_config/common_http_protocol_options',
      }),
    ],
  },
  caughtBy: "client's connections: expected 2, got 1",
};

/** Another text is applied instead of the one that the case is about. */
export const appliedInstead = (
  name: string,
  yaml: AdmissionInvocation['yaml'],
  caughtBy: string,
): Sabotage => ({ name, change: { invocation: { yaml } }, caughtBy });
