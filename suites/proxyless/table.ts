import { FEATURES } from './features.ts';

/** What a run found out, as docs/proxyless-features.json keeps it. */
export interface FeatureResults {
  readonly library: string;
  readonly istio: string;
  /** By the name of the case. */
  readonly outcomes: Readonly<Record<string, string>>;
}

/** The lines between which docs/proxyless.md has the table. */
const TABLE_BEGINS = '<!-- features: begin -->';
const TABLE_ENDS = '<!-- features: end -->';

/**
 * The table of features in Markdown: a verdict stands for a case that has passed.
 *
 * @throws Error that names a feature without a result, or a result without a feature
 */
export function featureTable({ library, istio, outcomes }: FeatureResults): string {
  const names = new Set(FEATURES.map((each) => each.case.name));
  const stray = Object.keys(outcomes).find((name) => !names.has(name));
  if (stray !== undefined) throw new Error(`there is a result of ${stray}, which is no feature`);
  const rows = FEATURES.map(({ feature, verdict, case: { name, title } }) => {
    const outcome = outcomes[name];
    if (outcome === undefined) throw new Error(`there is no result of ${name}`);
    return [`\`${feature}\``, outcome === 'passed' ? verdict : `not known (${outcome})`, title];
  });
  const header = ['Line of configuration', `${library}, Istio ${istio}`, 'What was seen'];
  const widths = header.map((text, column) =>
    Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** A document with another table. @throws Error when it has no place for one */
export function withTable(document: string, table: string): string {
  const begins = document.indexOf(TABLE_BEGINS);
  const ends = document.indexOf(TABLE_ENDS);
  if (begins < 0 || ends < begins) throw new Error('the document has no place for the table');
  return `${document.slice(0, begins)}${TABLE_BEGINS}\n\n${table}\n\n${document.slice(ends)}`;
}
