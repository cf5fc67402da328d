import { styleText } from 'node:util';
import { visible } from '../escaping.ts';
import { fatesText } from '../traffic/text.ts';
import type { UpgradeReport, Versions } from './upgrade.ts';

/** `envoy 1.36.4`; `as it is` where nothing was asked for. */
export const versionsText = (versions: Versions): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ') || 'as it is';

const VERDICTS = {
  conformant: ['green', '✔ Nothing was lost'],
  'not-conformant': ['red', '✖ Not as it should be'],
  'could-not-run': ['red', '! Could not run'],
} as const;

/** What an upgrade came to, for a terminal. */
export function upgradeText(report: UpgradeReport, colour: boolean): string {
  const { forward, rollback, live } = report;
  const [tone, words] = VERDICTS[report.verdict];
  const head = `${words}: ${versionsText(report.from)} → ${versionsText(report.to)}`;
  const way = (name: string, result: UpgradeReport['forward']): string[] => [
    `  ${name}  unary: ${fatesText(result.account.unary)}`,
    `  ${' '.repeat(name.length)}  streams: ${fatesText(result.account.streams)}`,
  ];
  const lines = [
    ...report.reasons.map((reason) => `  ✖ ${reason}`),
    ...way('there', forward),
    ...(rollback ? way('back ', rollback) : []),
    `  cases with another outcome: ${report.suites.forward.outcomes.length}, unchanged: ${report.suites.forward.unchanged}`,
    ...(live
      ? [
          `  live configuration: ${live.leaves.length} leaves, ${live.runtime.length} runtime keys and ${live.http2.length} HTTP/2 settings differ; filters gone: ${live.filtersGone.length}`,
        ]
      : []),
  ].map(visible);
  const painted = colour ? styleText(['bold', tone], head, { validateStream: false }) : head;
  return `${painted}\n${lines.join('\n')}\n`;
}
