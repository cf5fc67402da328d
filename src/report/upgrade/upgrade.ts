import type { LiveDifference } from '../../evidence/live-configuration.ts';
import type { ChangeResult } from '../../traffic/run-change.ts';
import { isWell, type Fate } from '../../traffic/fate.ts';
import { compareReports, type ReportDiff } from '../diff/compare.ts';
import type { Report } from '../schema.ts';
import { UPGRADE_FORMAT } from './schema.ts';

/** Versions by component: `{ envoy: '1.36.4' }`. */
export type Versions = Readonly<Record<string, string>>;

/** What an upgrade was, and what its steps found. */
export interface UpgradeFacts {
  readonly startedAt: string;
  readonly from: Versions;
  readonly to: Versions;
  readonly strategy: string;
  /** Folders of the suites' own reports, beside this one. */
  readonly suites: { readonly before: Report; readonly after: Report; readonly rolledBack?: Report };
  readonly forward: ChangeResult;
  readonly rollback?: ChangeResult;
}

/** How many RPCs were lost in one direction, by what of them a user would ask. */
export interface Losses {
  readonly unary: number;
  /** Streams on connections that were told to go. */
  readonly streamsAfterGoaway: number;
  /** Streams that were cut untold, on connections that no RPC began on (envoy#14350). */
  readonly streamsQuiet: number;
  /** Streams that were lost in any other way. */
  readonly streamsOtherwise: number;
}

/** The report of an upgrade. */
export interface UpgradeReport extends Omit<UpgradeFacts, 'suites'> {
  readonly kind: 'upgrade';
  readonly format: number;
  readonly verdict: 'conformant' | 'not-conformant' | 'could-not-run';
  /** In sentences, what led to the verdict. */
  readonly reasons: readonly string[];
  readonly losses: { readonly forward: Losses; readonly rollback?: Losses };
  /** The suites after the upgrade against those before it, and after the rollback against those before it all. */
  readonly suites: { readonly forward: ReportDiff; readonly rollback?: ReportDiff };
  readonly live: LiveDifference | undefined;
}

/** Puts together what the steps found, and judges it. */
export function upgradeReport({ suites, ...facts }: UpgradeFacts): UpgradeReport {
  const forward = compareReports(suites.before, suites.after, true);
  const rollback = suites.rolledBack && compareReports(suites.before, suites.rolledBack, true);
  const reasons = [
    ...changeReasons('the upgrade', facts.forward),
    ...(facts.rollback ? changeReasons('the rollback', facts.rollback) : []),
    ...suiteReasons('after the upgrade', forward),
    ...(rollback ? suiteReasons('after the rollback', rollback) : []),
    ...liveReasons(facts.forward.live),
  ];
  const ran = [suites.before, suites.after, ...(suites.rolledBack ? [suites.rolledBack] : [])];
  const stopped = ran.find(({ verdict }) => verdict === 'could-not-run');
  return {
    kind: 'upgrade',
    format: UPGRADE_FORMAT,
    verdict: stopped ? 'could-not-run' : reasons.length > 0 ? 'not-conformant' : 'conformant',
    reasons: stopped ? [stopped.reason, ...reasons] : reasons,
    ...facts,
    losses: {
      forward: lossesOf(facts.forward),
      ...(facts.rollback && { rollback: lossesOf(facts.rollback) }),
    },
    suites: { forward, ...(rollback && { rollback }) },
    live: facts.forward.live,
  };
}

const changeReasons = (when: string, { findings }: ChangeResult): string[] =>
  findings.map(({ what, expected, got }) => `During ${when}, ${what}: expected ${expected}, got ${got}.`);

function suiteReasons(when: string, { outcomes }: ReportDiff): string[] {
  const worse = outcomes.filter(({ kind }) => kind === 'regression' || kind === 'lost');
  return worse.map(({ name, before, after }) => `${name} ${after} ${when}, and ${before} before.`);
}

function liveReasons(live: LiveDifference | undefined): string[] {
  if (live === undefined) return [];
  return [
    ...live.filtersGone.map(({ chain, filter }) => `The filter ${filter} is no longer in ${chain}.`),
    ...live.rejected.map((each) => `Envoy refuses its configuration: ${each}.`),
  ];
}

function lossesOf({ account: { unary, streams } }: ChangeResult): Losses {
  const lost = (counts: Readonly<Record<Fate, number>>, without: readonly Fate[] = []) =>
    (Object.entries(counts) as [Fate, number][])
      .filter(([fate]) => !isWell(fate) && !without.includes(fate))
      .reduce((sum, [, count]) => sum + count, 0);
  return {
    unary: lost(unary),
    streamsAfterGoaway: streams['cut after GOAWAY'],
    streamsQuiet: streams['cut without GOAWAY, quiet'],
    streamsOtherwise: lost(streams, ['cut after GOAWAY', 'cut without GOAWAY, quiet']),
  };
}
