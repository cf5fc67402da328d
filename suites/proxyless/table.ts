import { markdownTable, type TablePlace } from '../markdown-table.ts';
import { FEATURES } from './features.ts';

/** What a run found out, as docs/proxyless-features.json keeps it. */
export interface FeatureResults {
  readonly library: string;
  readonly istio: string;
  /** By the name of the case. */
  readonly outcomes: Readonly<Record<string, string>>;
}

/** Where docs/proxyless.md has the table. */
export const PLACE: TablePlace = {
  begins: '<!-- features: begin -->',
  ends: '<!-- features: end -->',
};

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
  return markdownTable(['Line of configuration', `${library}, Istio ${istio}`, 'What was seen'], rows);
}
