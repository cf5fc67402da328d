import { EXIT } from '../errors.ts';
import { visible } from '../report/escaping.ts';
import { type PastRun, readHistory } from '../report/history/history.ts';
import { type Trend, isSlower, notableTrends, trendsOf } from '../report/history/trends.ts';
import { durationText } from '../report/wording.ts';
import { type Output, printJson } from './output.ts';
import { paint } from './screen.ts';

export interface HistoryOptions {
  readonly json?: boolean;
  readonly all?: boolean;
}

/** `meshproof history`: exit 0, or 2 when the file cannot be read. */
export async function history(file: string, options: HistoryOptions, output: Output): Promise<number> {
  const runs = await readHistory(file);
  const trends = trendsOf(runs);
  const shown = options.all === true ? trends : notableTrends(trends);
  if (options.json === true) printJson(output, { runs: runs.map(aboutRun), trends: shown });
  else print(output, runs, trends, shown);
  return EXIT.conformant;
}

const aboutRun = ({ startedAt, verdict, testedWith, cases }: PastRun) => ({
  startedAt,
  verdict,
  testedWith,
  cases: Object.keys(cases).length,
});

function print(
  { out }: Output,
  runs: readonly PastRun[],
  trends: readonly Trend[],
  shown: readonly Trend[],
): void {
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined) {
    out.write('No run is in it yet.\n');
    return;
  }
  const good = runs.filter(({ verdict }) => verdict === 'conformant').length;
  out.write(
    `${runs.length} runs from ${first.startedAt.slice(0, 10)} to ${last.startedAt.slice(0, 10)}, ${good} of them conformant; the last with ${visible(last.testedWith)}\n`,
  );
  for (const trend of shown) out.write(`${lineOf(trend, (text) => paint(out, 'yellow', text))}\n`);
  const flaky = trends.filter(({ flips }) => flips > 0).length;
  const slower = trends.filter(isSlower).length;
  out.write(
    `${trends.length} cases: ${flaky} changed their outcome though nothing else had changed, ${slower} took notably longer than usual\n`,
  );
}

function lineOf(trend: Trend, marked: (text: string) => string): string {
  const { name, runs, last, flips, usualMs, lastMs } = trend;
  const changed = flips === 0 ? '' : marked(`  changed ${flips} times in ${runs} runs, last ${last}`);
  const usual = usualMs === undefined ? '' : `, usually ${durationText(usualMs)}`;
  const took = `  ${durationText(lastMs)}${usual}`;
  return `  ${visible(name)}${changed}${isSlower(trend) ? marked(took) : took}`;
}
