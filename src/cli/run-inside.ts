import { readFile } from 'node:fs/promises';
import { type SessionRequest, execute } from '../conformance/execute.ts';
import { type KnownFailing, inTheLightOf } from '../conformance/known-failing.ts';
import type { Sabotaged } from '../conformance/plan.ts';
import type { CaseResult } from '../conformance/result.ts';
import { removeContainersBeside } from '../environments/kind/leftovers.ts';
import { runningVersions } from '../environments/running-versions.ts';
import { EXIT, HarnessError, messageOf } from '../errors.ts';
import { type StepTiming, step } from '../progress.ts';
import type { Output } from './output.ts';
import { paint } from './screen.ts';
import { loadPlan } from './suites.ts';
import { writeWhole } from '../whole-file.ts';

/** What the outer half of a run hands to the half that lives in the mesh's network. */
export interface InsideRequest {
  /** Names of the cases. */
  readonly cases: readonly string[];
  readonly session: SessionRequest;
  /** The sabotages under which cases are run instead. */
  readonly prove?: Sabotaged;
  /** The seed of the cases' order. */
  readonly shuffle?: number;
  /** File of the team's configuration, when its cases are run. */
  readonly config?: string;
  readonly knownFailing: readonly KnownFailing[];
  /** File for the {@link InsideOutcome}. */
  readonly outcomeFile: string;
}

/** What it hands back. */
export interface InsideOutcome {
  readonly results: readonly CaseResult[];
  /** What kept cases from having a result. */
  readonly problems: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly steps: readonly StepTiming[];
}

const MARKS: Partial<Record<CaseResult['outcome'], ['green' | 'red' | 'yellow' | 'dim', string]>> = {
  passed: ['green', '✔'],
  failed: ['red', '✖'],
  'could-not-run': ['red', '!'],
  skipped: ['dim', '-'],
};

const GOOD: readonly CaseResult['outcome'][] = ['passed', 'known-failing', 'skipped'];

/** The half of a run that has to be where the gateway's address is: plans again, runs the suites, hands back. */
export async function runInside(
  requestFile: string,
  output: Output,
  controller: AbortController,
): Promise<number> {
  const request = JSON.parse(await readFile(requestFile, 'utf8')) as InsideRequest;
  const timings: StepTiming[] = [];
  const { environment } = request.session;
  // A run that was killed has left its own.
  if (environment.containers) await removeContainersBeside(environment.name);
  let outcome: InsideOutcome;
  try {
    const plan = await loadPlan(request.cases, request.config);
    const versions = await runningVersions(environment);
    const { istio = '', envoy = '' } = versions;
    const listed = inTheLightOf(request.knownFailing, { environment: environment.kind, istio, envoy });
    let seen = 0;
    const planned = request.prove ? Object.values(request.prove).flat().length : plan.cases.length;
    const { results, problems } = await step(output.progress, 'Suites', timings, (activity) =>
      execute({
        plan,
        files: plan.files,
        // A mesh that is up may have another Envoy by now than it was made with, and expectations go by it.
        session: {
          ...request.session,
          environment: { ...environment, versions: { ...environment.versions, ...versions } },
        },
        prove: request.prove,
        ...(request.shuffle === undefined ? {} : { shuffle: request.shuffle }),
        signal: controller.signal,
        onResult: (each) => {
          const result = listed(each);
          seen++;
          activity.detail(`${seen}/${planned}  ${result.row} ${result.name}`);
          const good = request.prove
            ? result.sabotage?.caught === true || result.outcome === 'skipped'
            : GOOD.includes(result.outcome);
          if (good) return;
          const [tone, mark] = MARKS[result.outcome] ?? ['yellow', '?'];
          const why = result.reason ?? result.mismatches[0]?.what ?? '';
          output.progress.note(`${paint(output.err, tone, mark)} ${result.row} ${result.name}: ${why}`);
        },
      }),
    );
    outcome = { results: results.map(listed), problems, versions, steps: timings };
  } catch (error) {
    const text = error instanceof HarnessError ? error.message : messageOf(error);
    outcome = { results: [], problems: [text], versions: {}, steps: timings };
  }
  await writeWhole(request.outcomeFile, JSON.stringify(outcome));
  if (environment.containers) await removeContainersBeside(environment.name);
  return EXIT.conformant;
}
