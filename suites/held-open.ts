import type { GrpcJsInvocation } from '../src/clients/invocation.ts';
import type { Script } from '../src/clients/script.ts';
import { METHODS, type TRANSPORTS, requestsFor } from './requests.ts';

export const SERVICE = 'streaming-service';
export const REQUESTS = 3;
export const PAYLOAD = 100;

/** Its headers show that the stream is open; then it answers each request, the last one long after. */
const OPEN: Script = { steps: [{ headers: {} }, { answer: true }, { status: 'OK' }] };

/**
 * RPCs that start together and stay open until the actions of the case are done.
 *
 * @param service of which to call the method of that kind
 */
export const heldOpen = (
  transport: (typeof TRANSPORTS)[number],
  kind: 'client-stream' | 'bidi',
  streams: number,
  service: keyof typeof METHODS = SERVICE,
) =>
  ({
    client: 'grpc-js',
    transport,
    method: METHODS[service][kind],
    requests: requestsFor(kind, REQUESTS, PAYLOAD),
    calls: streams,
    callIntervalMs: 0,
    halfClose: 'after-actions',
    script: OPEN,
  }) as const satisfies GrpcJsInvocation;
