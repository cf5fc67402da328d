/**
 * The shape of traffic.json. `format` changes when a reader of the old shape would be misled; fields may be added
 * without, so readers ignore what they do not know. docs/traffic.schema.json is generated from here.
 */
import { z } from 'zod';
import { STATUS_NAMES } from '../../clients/grpc-status.ts';
import type { RpcKind } from '../../clients/protos.ts';
import { FATES } from '../../traffic/fate.ts';

export const TRAFFIC_FORMAT = 1;

const count = z.int().nonnegative();
const ms = z.number().describe("Milliseconds since the traffic's start.");
const duration = z.number().describe('Milliseconds.');
const fates = z
  .record(z.enum(FATES), count)
  .describe('How many RPCs had each fate; docs/upgrades.md says what they mean.');

const percentiles = z.object({
  count,
  p50: duration,
  p90: duration,
  p99: duration,
  max: duration,
  cumulative: z
    .array(z.tuple([duration, z.number()]).readonly())
    .describe('Milliseconds, and how many percent took no longer.'),
});

const lost = z.object({
  rpcId: z.string(),
  lane: z.string().describe('Whose connection it was on.'),
  kind: z.enum(['unary', 'client-stream', 'server-stream', 'bidi']) satisfies z.ZodType<RpcKind>,
  fate: z.enum(FATES),
  intendedAtMs: ms,
  startedAtMs: ms,
  endedAtMs: ms.exactOptional(),
  status: z.enum(STATUS_NAMES).exactOptional(),
  details: z.string().exactOptional(),
  resetCode: count.exactOptional().describe('HTTP/2 error code of the RST_STREAM that ended it.'),
  connection: count.exactOptional().describe('Number of its connection.'),
  graceMs: duration.exactOptional().describe('From GOAWAY to the end of its connection.'),
  quiet: z.boolean().exactOptional().describe('No RPC began on its connection since the change began.'),
  pods: z.array(z.string()).describe('Where its attempts arrived.'),
  tries: count.describe('Streams that its client sent it on.'),
  successor: count.describe('How many streams stood in its place before.'),
});

const connection = z.object({
  connection: count,
  lane: z.string(),
  openedAtMs: ms,
  closedAtMs: ms.exactOptional(),
  goawayAtMs: ms.exactOptional(),
  goawayCode: count.exactOptional(),
  rpcs: count,
  reconnectedAfterMs: duration.exactOptional(),
  certificate: z.string().exactOptional().describe('Serial number, lower-case hexadecimal.'),
});

const podsByDeployment = z.record(z.string(), z.array(z.string()));

const account = z.object({
  startedAt: z.iso.datetime().describe('In UTC.'),
  durationMs: duration,
  due: count.describe('Unary RPCs that were due.'),
  started: count.describe('Unary RPCs that were started; the same, or the harness has lost some.'),
  marks: z.array(z.object({ what: z.string(), atMs: ms })).describe('The steps of the change.'),
  unary: fates,
  streams: fates,
  reached: count.describe('RPCs of which an attempt reached a server.'),
  attemptedAgain: count.describe('RPCs that servers saw more than once.'),
  unknownAttempts: count,
  connections: z.array(connection),
  lost: z.array(lost).describe('Every RPC that was neither answered nor ended on purpose.'),
  pods: podsByDeployment.describe('Pods that served, by Deployment.'),
  newPods: podsByDeployment.describe('Those that served nothing before the change.'),
  workloadIssuers: z.array(z.string()),
  pushed: count,
  timeline: z
    .array(z.object({ atMs: ms, well: count, lost: count }))
    .describe('RPCs by 100 ms of their end.'),
  latency: z.object({
    response: percentiles.describe('From the intended start.'),
    service: percentiles.describe('From the actual start.'),
    lateness: percentiles,
    eventLoopDelay: percentiles,
    doubt: z.string().exactOptional().describe('Why the figures are not to be relied on.'),
  }),
});

const difference = z.object({
  path: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});
const filter = z.object({ chain: z.string(), filter: z.string() });

/** What differs in what a gateway runs with. */
export const liveDifferenceSchema = z.object({
  envoy: z.tuple([z.string(), z.string()]).readonly(),
  leaves: z.array(difference),
  runtime: z.array(difference),
  http2: z.array(difference),
  filtersGone: z.array(filter),
  filtersNew: z.array(filter),
  rejected: z.array(z.string()),
});

/** One change, as traffic.json and the report of an upgrade have it. */
export const changeResultSchema = z.object({
  change: z.string(),
  title: z.string(),
  volume: z.object({ rate: count, streams: count, seed: count }),
  sabotage: z.string().exactOptional().describe('The change was made wrongly on purpose, in this way.'),
  caught: z.boolean().exactOptional().describe('With a sabotage: whether it was noticed.'),
  findings: z
    .array(z.object({ what: z.string(), expected: z.string(), got: z.string() }))
    .describe('What is not as expected; empty when all is.'),
  account,
  live: liveDifferenceSchema.exactOptional(),
});

export const trafficSchema = z
  .object({ format: z.literal(TRAFFIC_FORMAT), changes: z.array(changeResultSchema) })
  .meta({ title: 'meshproof traffic' });

/** JSON Schema (2020-12) of traffic.json, as docs/traffic.schema.json has it. */
export const trafficJsonSchema = (): object => z.toJSONSchema(trafficSchema, { io: 'input' });
