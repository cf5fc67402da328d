/**
 * The shape of an upgrade's report.json. `format` changes when a reader of the old shape would be misled; fields may be
 * added without, so readers ignore what they do not know. docs/upgrade.schema.json is generated from here.
 */
import { z } from 'zod';
import { OUTCOMES, ROW_IDS } from '../../conformance/outcomes.ts';
import { mismatchSchema, reportCaseSchema } from '../schema.ts';
import { changeResultSchema, liveDifferenceSchema } from '../traffic/schema.ts';
import { VERDICTS } from '../verdict.ts';

export const UPGRADE_FORMAT = 1;

const count = z.int().nonnegative();
const versions = z.record(z.string(), z.string()).describe('Version by component, such as envoy.');
const standing = z.enum([...OUTCOMES, 'absent']);

const losses = z.object({
  unary: count,
  streamsAfterGoaway: count,
  streamsQuiet: count.describe('Cut untold, on connections that no RPC began on.'),
  streamsOtherwise: count,
});

const diff = z.object({
  regressed: z.boolean(),
  outcomes: z.array(
    z.object({
      kind: z.enum(['regression', 'lost', 'fix', 'other']),
      name: z.string(),
      row: z.enum(ROW_IDS),
      before: standing,
      after: standing,
      case: reportCaseSchema,
    }),
  ),
  mismatches: z
    .array(
      z.object({
        case: reportCaseSchema,
        gone: z.array(mismatchSchema),
        added: z.array(mismatchSchema),
      }),
    )
    .describe('Cases that fail before and after, but not alike.'),
  durations: z.array(
    z.object({
      what: z.enum(['case', 'step']),
      name: z.string(),
      beforeMs: z.number(),
      afterMs: z.number(),
    }),
  ),
  facts: z.array(z.object({ name: z.string(), before: z.string().optional(), after: z.string().optional() })),
  known: z.array(
    z.object({
      name: z.string(),
      component: z.enum(['envoy', 'istio']),
      since: z.string(),
      what: z.string(),
      source: z.string(),
      shown: z
        .array(z.object({ case: z.string(), before: z.string(), after: z.string() }))
        .describe('Cases that passed before and after, and have shown it.'),
    }),
  ),
  unchanged: count.describe('Cases of one and the same outcome.'),
});

export const upgradeSchema = z
  .object({
    kind: z.literal('upgrade'),
    format: z.literal(UPGRADE_FORMAT),
    verdict: z.enum(VERDICTS),
    reasons: z.array(z.string()).describe('In sentences, what led to the verdict.'),
    startedAt: z.iso.datetime().describe('In UTC.'),
    from: versions,
    to: versions,
    strategy: z.string(),
    forward: changeResultSchema.describe('The upgrade under live traffic.'),
    rollback: changeResultSchema.exactOptional(),
    losses: z.object({ forward: losses, rollback: losses.exactOptional() }),
    suites: z.object({
      forward: diff.describe('The suites after the upgrade against those before it.'),
      rollback: diff.exactOptional().describe('Those after the rollback against those before it all.'),
    }),
    live: liveDifferenceSchema.optional().describe('What the gateway runs with otherwise.'),
  })
  .meta({ title: 'meshproof upgrade' });

/** JSON Schema (2020-12) of an upgrade's report.json, as docs/upgrade.schema.json has it. */
export const upgradeJsonSchema = (): object => z.toJSONSchema(upgradeSchema, { io: 'input' });
