import { basename, dirname } from 'node:path';
import { beforeAll, describe, inject, test } from 'vitest';
import type { EnvironmentKind } from '../environments/environment.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { conclude, lackedBy, type Planned, type Prepared } from './conclude.ts';
import { describeMismatch } from './judge.ts';
import { CONCURRENT_CASES, isAlone, limitOf, type AppliedChange, type Case } from './model.ts';
import type { Sabotaged } from './plan.ts';
import type { CaseResult } from './result.ts';
import { appliedChangeOf, sabotaged } from './sabotage.ts';
import { shuffled } from './shuffled.ts';
import { currentSession, type Session } from './session.ts';
import { SharedRestart, restartOf } from './shared-restart.ts';

/** What the command hands to the suites through vitest. */
export interface RunRequest {
  readonly environment: EnvironmentKind;
  /** Names of the cases to run. */
  readonly cases: readonly string[];
  /** Whether every case runs through taps. */
  readonly tapped: boolean;
  /** Run the cases under these of their sabotages instead, and demand that each is caught. */
  readonly prove?: Sabotaged;
  /** Have groups, and the cases within each, in an order that follows from this seed. */
  readonly shuffle?: number;
}

declare module 'vitest' {
  interface ProvidedContext {
    meshproof: RunRequest;
  }
  interface TaskMeta {
    meshproof?: CaseResult;
  }
}

/** What is applied once for all of its members. */
interface Group {
  readonly configuration: string;
  readonly change: AppliedChange;
  readonly members: Planned[];
}

/** Milliseconds that gathering the witnesses of a case may take after its client is done. */
const GATHERING_MS = 2 * TIMEOUTS.ledger + 15_000;

/**
 * Registers the chosen cases of a suite as vitest tests, in groups by what must be applied for them. What became of a
 * case stands in its test's `meta.meshproof`; in vitest's own terms every case that did not pass, and was not skipped,
 * fails.
 *
 * @param suite `import.meta` of the suite's vitest file; its folder names the suite
 */
export function runSuite(suite: ImportMeta, cases: readonly Case[]): void {
  const request = inject('meshproof');
  const planned = cases
    .filter(({ name }) => request.cases.includes(name))
    .flatMap((each): Planned[] =>
      request.prove === undefined
        ? [{ each }]
        : each.sabotages
            .filter(({ name }) => request.prove?.[each.name]?.includes(name))
            .map((sabotage) => ({ each, sabotage })),
    );
  describe(basename(dirname(suite.filename)), () => {
    for (const group of groupsOf(shuffled(planned, request.shuffle))) runGroup(group, request);
    // A file without tests is an error to vitest.
    if (planned.length === 0) test.skip('none of the chosen cases is here');
  });
}

function groupsOf(planned: readonly Planned[]): Group[] {
  const groups = new Map<string, Group>();
  for (const member of planned) {
    const { configuration } = member.each;
    const change = appliedChangeOf(member.sabotage);
    const key = JSON.stringify([configuration, change]);
    const group = groups.get(key) ?? { configuration, change, members: [] };
    groups.set(key, group);
    group.members.push(member);
  }
  return [...groups.values()];
}

function runGroup({ configuration, change, members }: Group, { environment, tapped }: RunRequest): void {
  describe(Object.keys(change).length === 0 ? configuration : `${configuration}, sabotaged`, () => {
    let prepared: Prepared = { failure: new Error('the configuration was never applied') };
    beforeAll(
      async () => {
        try {
          const session = await currentSession();
          // What is only for cases that will be skipped need not be applied.
          if (members.some(({ each }) => lackedBy(session, each).length === 0)) {
            await session.useConfiguration(configuration, change);
            await startBrowsers(members, session, tapped);
          }
          prepared = { session };
        } catch (failure) {
          prepared = { failure };
        }
      },
      3 * TIMEOUTS.rollout + TIMEOUTS.convergence + 2 * TIMEOUTS.browser,
    );
    const register = (planned: Planned, concurrent: boolean, shared?: SharedRestart) => {
      const { each, sabotage } = planned;
      test(
        sabotage === undefined ? each.name : `${each.name} under ${sabotage.name}`,
        {
          concurrent,
          timeout: limitOf(each) + (mayRollOut(each) ? TIMEOUTS.rollout : 0) + GATHERING_MS,
        },
        async ({ task, skip }) => {
          const party = 'session' in prepared ? shared?.join(prepared.session) : undefined;
          const result = await conclude(planned, party ?? prepared, environment);
          party?.leave();
          task.meta.meshproof = result;
          if (result.outcome === 'skipped') skip(result.reason);
          if (!isGood(result)) throw new Error(textOf(result));
        },
      );
    };
    // Through a tap each visit has a browser of its own, and many that start at once hold each other up.
    const runsAlone = ({ each }: Planned) =>
      isAlone(each) || (tapped && each.invocation.client === 'browser');
    for (const planned of members) if (!runsAlone(planned)) register(planned, true);
    const [sharing, alone] = sharingRestarts(members.filter(runsAlone));
    for (const planned of alone) register(planned, false);
    for (const parties of sharing) {
      const shared = new SharedRestart(parties.length);
      describe('at once', () => {
        for (const planned of parties) register(planned, true, shared);
      });
    }
  });
}

/** Those that have the same pods replaced, so many together as run at once, and all others. */
function sharingRestarts(members: readonly Planned[]): [sharing: Planned[][], alone: Planned[]] {
  const byDeployment = Map.groupBy(members, ({ each, sabotage }) => restartOf(sabotaged(each, sabotage)));
  const alone = byDeployment.get(undefined) ?? [];
  byDeployment.delete(undefined);
  const sharing = [...byDeployment.values()].flatMap((parties) =>
    Array.from({ length: Math.ceil(parties.length / CONCURRENT_CASES) }, (_, i) =>
      parties.slice(i * CONCURRENT_CASES, (i + 1) * CONCURRENT_CASES),
    ),
  );
  return [sharing, alone];
}

/** Whether pods may have to become Ready in a case's own time: those its actions restart, or those of an own Gateway. */
const mayRollOut = ({ actions, invocation }: Case): boolean =>
  actions !== undefined || 'gateway' in invocation;

/** The seconds that a browser takes to start are nobody's case's. Through a tap each visit has one of its own. */
async function startBrowsers(members: readonly Planned[], session: Session, tapped: boolean): Promise<void> {
  const visits = members
    .map(({ each, sabotage }) => sabotaged(each, sabotage).invocation)
    .filter((invocation) => invocation.client === 'browser');
  const { browsers } = session.target;
  if (visits.length === 0 || browsers === undefined) return;
  await session.calm();
  if (tapped) return;
  for (const { http } of visits) await browsers.open(http, session.target);
}

const isGood = ({ outcome, sabotage }: CaseResult): boolean =>
  sabotage === undefined ? outcome === 'passed' : sabotage.caught;

function textOf({ outcome, reason, mismatches, sabotage }: CaseResult): string {
  const said = reason ?? mismatches.map(describeMismatch).join('\n');
  if (sabotage === undefined) return said;
  return `not caught: nothing says ${JSON.stringify(sabotage.caughtBy)}; the case ${outcome}${said && `:\n${said}`}`;
}
