import fc from 'fast-check';
import { OUTCOMES, ROW_IDS, WITNESSES } from '../../src/conformance/outcomes.ts';
import type { Outcome } from '../../src/conformance/outcomes.ts';
import { assembleReport } from '../../src/report/assemble.ts';
import type { Report, ReportCase } from '../../src/report/schema.ts';

/** Any text a server, a file name or a person may come up with: control characters, markup, lone surrogates. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    '</script><script>alert(1)</script>',
    `"'><img src=x onerror=alert(1)>`,
    ']]>',
    '\u001b[2J',
    '\ud800',
  ),
);
const someText = text.filter((value) => value.length > 0);
const duration = fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => value + 0);
const environmentKind = fc.constantFrom('local' as const, 'kind' as const, 'cluster' as const);

const mismatch = fc.record({
  witness: fc.constantFrom(...WITNESSES),
  what: someText,
  expected: text,
  got: text,
  source: text,
});

function caseOf(outcome: Outcome): fc.Arbitrary<ReportCase> {
  const disagrees = outcome === 'failed' || outcome === 'known-failing';
  const needsReason = outcome === 'skipped' || outcome === 'could-not-run';
  const facts = {
    name: someText,
    row: fc.constantFrom(...ROW_IDS),
    title: text,
    environment: environmentKind,
    configuration: text,
    client: text,
    transport: fc.constantFrom('tls', 'h2c'),
    rpcKind: text,
    outcome: fc.constant(outcome),
    reason: someText,
    durationMs: duration,
    mismatches: disagrees ? fc.array(mismatch, { minLength: 1, maxLength: 3 }) : fc.constant([]),
    evidence: fc.constantFrom('evidence/a case', 'evidence/\u0000/"x"', 'evidence/\udc00', '..a/b'),
  };
  const always = ['name', 'row', 'title', 'environment', 'configuration', 'client', 'outcome'] as const;
  return fc.record(facts, {
    requiredKeys: [...always, 'durationMs', 'mismatches', ...(needsReason ? (['reason'] as const) : [])],
  });
}

/** Any report that `assembleReport` may be asked for, including runs that lost cases on the way. */
export const arbitraryReport: fc.Arbitrary<Report> = fc
  .record({
    lost: fc.constantFrom(0, 0, 0, 1, 7),
    startedAt: fc
      .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    durationMs: duration,
    command: fc.array(text, { maxLength: 3 }),
    environment: fc.record({
      kind: environmentKind,
      name: text,
      capabilities: fc.array(text, { maxLength: 2 }),
    }),
    versions: fc.dictionary(fc.constantFrom('istio', 'envoy', '@grpc/grpc-js', 'node'), text),
    dataPlane: fc.option(
      fc.record({ stock: fc.boolean(), note: text, switches: fc.array(text, { maxLength: 2 }) }),
    ),
    images: fc.option(
      fc.record({ source: fc.constantFrom('built' as const, 'released' as const), why: text }),
    ),
    asked: fc.record(
      {
        images: fc.constantFrom('auto' as const, 'built' as const),
        profile: text,
        tag: text,
        set: fc.array(text, { maxLength: 2 }),
      },
      { requiredKeys: ['images'] },
    ),
    patch: fc.option(fc.array(text, { maxLength: 2 })),
    steps: fc.array(fc.record({ title: text, seconds: duration, ok: fc.boolean() }), { maxLength: 3 }),
    cases: fc.uniqueArray(fc.constantFrom(...OUTCOMES).chain(caseOf), {
      maxLength: 6,
      selector: ({ environment, name }) => `${environment} ${name}`,
    }),
    notes: fc.array(text, { maxLength: 2 }),
    stopped: fc.option(someText, { nil: undefined }),
  })
  .map(({ lost, stopped, ...facts }) =>
    assembleReport({ ...facts, planned: facts.cases.length + lost }, stopped),
  );
