/**
 * The shape of report.json: the source of truth of a run, from which every other report is drawn.
 *
 * `schemaVersion` changes when a reader of the old shape would be misled. Fields may be added without a new
 * version, so readers ignore what they do not know. docs/report.schema.json is generated from here.
 */
import { z } from 'zod';
import { OUTCOMES, ROW_IDS, TABLE_IDS, WITNESSES } from '../conformance/outcomes.ts';
import type { Mismatch, TableCell } from '../conformance/outcomes.ts';
import { CONFIDENCES, type Diagnosis } from '../diagnosis/diagnosis.ts';
import type { EnvironmentKind } from '../environments/environment.ts';
import { meshRequestSchema } from '../environments/request.ts';
import { brokenLaws, VERDICTS } from './verdict.ts';

export const SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
const milliseconds = z.number().nonnegative();
const environmentKind = z.enum(['local', 'kind', 'cluster']) satisfies z.ZodType<EnvironmentKind>;

/** One disagreement of a witness. */
export const mismatchSchema = z.object({
  witness: z.enum(WITNESSES).describe('Who says it.'),
  what: z.string().min(1).describe('The thing compared, in the terms of gRPC or HTTP/2.'),
  expected: z.string(),
  got: z.string(),
  source: z.string().describe('Where the rule comes from: a specification, a field of an API, an issue.'),
}) satisfies z.ZodType<Mismatch>;

const cell = z.object({
  table: z.enum(TABLE_IDS),
  line: z.string().min(1),
  column: z.string().min(1),
  says: z.string().min(1),
}) satisfies z.ZodType<TableCell>;

const diagnosis = z.object({
  cause: z.string().describe('One of the causes that docs/diagnosis.md lists.'),
  confidence: z.enum(CONFIDENCES),
  summary: z.string().min(1),
  change: z
    .object({
      object: z.string().describe('Kind, namespace and name.'),
      field: z.string().describe('Path of the field, for instance spec.http[0].timeout.'),
      found: z.string(),
      patch: z.string().exactOptional().describe('What would mend it: YAML that kustomize and --patch take.'),
    })
    .exactOptional()
    .describe('The line to change; absent when nothing in the cluster is to blame.'),
  because: z.array(z.string()).describe('The facts it rests on.'),
}) satisfies z.ZodType<Omit<Diagnosis, 'cause'>>;

/** A path that stays within the folder of the report. */
const below = z.string().regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\\]+$/);

/** One case of a report. */
export const reportCaseSchema = z.object({
  name: z.string().min(1).describe('Path-like, for instance routing/path/user-service; unique in a run.'),
  row: z.enum(ROW_IDS).describe('The row of the requirements that this case covers.'),
  title: z.string().describe('What the case asserts, as a sentence.'),
  environment: environmentKind,
  configuration: z.string().describe('The mesh configuration that was applied for it.'),
  client: z.string().describe('The real client that made the RPC, for instance grpc-js or grpcurl.'),
  transport: z.string().exactOptional().describe('tls or h2c.'),
  rpcKind: z.string().exactOptional().describe('unary, client-stream, server-stream or bidi.'),
  outcome: z.enum(OUTCOMES),
  reason: z
    .string()
    .min(1)
    .exactOptional()
    .describe(
      'Why; present when skipped or could-not-run. When known-failing or unexpectedly-passed, why it is listed.',
    ),
  concerns: z
    .string()
    .min(1)
    .exactOptional()
    .describe("The line of the user's own manifest that the case is about."),
  cell: cell.exactOptional().describe('What it says in a table of the report if it passed.'),
  behaviour: z
    .object({ difference: z.string().min(1), says: z.string().min(1) })
    .exactOptional()
    .describe('What a case that passed has shown of a known difference between versions.'),
  durationMs: milliseconds,
  mismatches: z.array(mismatchSchema).describe('Not empty exactly when failed or known-failing.'),
  diagnoses: z
    .array(diagnosis)
    .exactOptional()
    .describe('What explains the mismatches or the refusal, the likeliest first.'),
  evidence: below.exactOptional().describe('Folder with what the witnesses said, relative to report.json.'),
  frames: z
    .object({
      file: below.describe('Timelines of its RPCs, both legs on one time axis, relative to report.json.'),
      timeline: z.string().exactOptional().describe('Of a case that failed: the timeline of one RPC.'),
      telling: z.array(z.string()).exactOptional().describe('The lines of it to look at first.'),
    })
    .exactOptional()
    .describe('There when the case ran through taps.'),
});

const step = z.object({ title: z.string(), seconds: z.number().nonnegative(), ok: z.boolean() });

export const reportSchema = z
  .object({
    schemaVersion: z.literal(SCHEMA_VERSION),
    verdict: z.enum(VERDICTS).describe('Follows from totals and planned; exit codes 0, 1 and 2.'),
    reason: z.string().min(1).describe('The verdict in one sentence.'),
    planned: count.describe('How many cases were to end in an outcome.'),
    totals: z.object({
      passed: count,
      failed: count,
      'known-failing': count,
      'unexpectedly-passed': count,
      skipped: count,
      'could-not-run': count,
    }),
    startedAt: z.iso.datetime().describe('In UTC.'),
    durationMs: milliseconds,
    command: z.array(z.string()).describe('The command line, one argument each.'),
    environment: z.object({
      kind: environmentKind,
      name: z.string(),
      capabilities: z.array(z.string()),
    }),
    versions: z
      .record(z.string().regex(/^[@A-Za-z][\w@./+ -]*$/), z.string())
      .describe('Component to the version it reports itself; Envoy with its build id.'),
    dataPlane: z
      .object({
        stock: z.boolean().describe("True for upstream's Envoy, false for Istio's own build."),
        note: z.string(),
        switches: z.array(z.string()).describe('Settings without which Istio does not run on this Envoy.'),
      })
      .nullable()
      .describe('null when the run ended before it was known.'),
    images: z
      .object({ source: z.enum(['built', 'released']), why: z.string() })
      .nullable()
      .describe('null when the run ended before it was known.'),
    asked: meshRequestSchema
      .exactOptional()
      .describe('What was asked of the mesh when it was made; absent for a mesh that was found.'),
    patch: z
      .array(z.string())
      .nullable()
      .describe('Files of --patch, applied after the manifests; null for none.'),
    knownFailing: z
      .array(z.string())
      .exactOptional()
      .describe('Files of --known-failing: lists of cases that must fail; absent for none.'),
    steps: z.array(step).describe('What the run spent its time on. Steps may overlap.'),
    cases: z.array(reportCaseSchema),
    notes: z.array(z.string()),
  })
  .superRefine((report, context) => {
    for (const { path, message } of brokenLaws(report)) context.addIssue({ code: 'custom', path, message });
  })
  .meta({
    title: 'meshproof report',
    description:
      'Beyond this schema: totals count the cases by outcome; planned is their sum, and if it is not, the ' +
      'verdict is could-not-run.',
  });

/** Read-only all the way down: a report is a fact, and what is handed in may itself be read-only. */
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

export type Report = Frozen<z.infer<typeof reportSchema>>;
export type ReportCase = Report['cases'][number];

/** JSON Schema (2020-12) of report.json, as docs/report.schema.json has it. */
export function reportJsonSchema(): object {
  return z.toJSONSchema(reportSchema, { io: 'input' });
}
