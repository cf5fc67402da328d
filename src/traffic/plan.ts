import type { RpcKind } from '../clients/protos.ts';
import type { Script } from '../clients/script.ts';
import type { Transport } from '../clients/target.ts';
import { UsageError } from '../errors.ts';

/** How much traffic is made. */
export interface TrafficVolume {
  /** Unary RPCs a second, over all clients: 1 to 2000. */
  readonly rate: number;
  /** Long streams held open, over all kinds: 0 to 2000. */
  readonly streams: number;
  /** Fixes the jitter of the starts. */
  readonly seed: number;
}

/** What one Node process can be trusted to make and to measure. */
const LIMITS = { rate: [1, 2000], streams: [0, 2000], seed: [0, 2 ** 31] } as const;

export const DEFAULT_VOLUME: TrafficVolume = { rate: 100, streams: 40, seed: 1 };

/** @throws UsageError outside the limits */
export function checkVolume(volume: TrafficVolume): void {
  for (const [name, [least, most]] of Object.entries(LIMITS) as [keyof TrafficVolume, [number, number]][]) {
    const value = volume[name];
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not ${value}`);
  }
}

export type TrafficClient = 'grpc-js' | 'grpc-web';

/**
 * A connection at a time, and what goes over it. Streams of a lane without unary RPCs sit on a connection where no new
 * RPC begins: what a drain does to those is another matter than to busy ones.
 */
export interface Lane {
  readonly name: string;
  readonly client: TrafficClient;
  readonly transport: Transport;
  /** Its part of the unary RPCs; 0 for none. */
  readonly weight: number;
  /** Kinds of its streams, each as often as it stands here, as parts of all streams. */
  readonly streams: readonly Exclude<RpcKind, 'unary'>[];
  /** Each RPC goes over a connection of its own. */
  readonly fresh?: true;
}

const GRPC_STREAMS = ['server-stream', 'client-stream', 'bidi'] as const;

/** Two busy connections for each way in, a quiet one beside them, and a client that connects anew each time. */
export const LANES: readonly Lane[] = [
  ...(['tls', 'h2c'] as const).flatMap((transport): Lane[] => [
    { name: `${transport} busy 1`, client: 'grpc-js', transport, weight: 20, streams: GRPC_STREAMS },
    { name: `${transport} busy 2`, client: 'grpc-js', transport, weight: 20, streams: GRPC_STREAMS },
    { name: `${transport} quiet`, client: 'grpc-js', transport, weight: 0, streams: GRPC_STREAMS },
  ]),
  { name: 'gRPC-Web', client: 'grpc-web', transport: 'tls', weight: 15, streams: ['server-stream'] },
  {
    name: 'gRPC-Web quiet',
    client: 'grpc-web',
    transport: 'tls',
    weight: 0,
    streams: ['server-stream'],
  },
  { name: 'new connections', client: 'grpc-js', transport: 'tls', weight: 5, streams: [], fresh: true },
];

/** Unary RPCs, and what the server does for them. */
export const UNARY_METHOD = 'mypackage.Greeter/SayHello';

/** Of so many unary RPCs one takes {@link SLOW_MS}: a drain that is shorter than a user's slowest RPC shows on it. */
export const SLOW_EVERY = 20;
const SLOW_MS = 2000;
export const SLOW_SCRIPT: Script = { steps: [{ wait: SLOW_MS }, { answer: true }] };

/** Milliseconds after which a client of a unary RPC gives up. */
export const UNARY_DEADLINE_MS = 10_000;

/** Milliseconds between two messages of a long stream. */
export const STREAM_EVERY_MS = 500;

/** What the server does for a stream, which goes on until its client ends it. */
export const STREAMS: Readonly<
  Record<Exclude<RpcKind, 'unary'>, { readonly method: string; readonly script: Script }>
> = {
  'server-stream': {
    method: 'mypackage.StreamingService/Subscribe',
    script: { steps: [{ headers: {} }, { messages: { count: 1100, intervalMs: STREAM_EVERY_MS } }] },
  },
  'client-stream': {
    method: 'mypackage.StreamingService/Collect',
    script: { steps: [{ headers: {} }, { awaitHalfClose: true }, { answer: true }] },
  },
  bidi: {
    method: 'mypackage.StreamingService/Exchange',
    script: { steps: [{ headers: {} }, { echo: 'all' }] },
  },
};
