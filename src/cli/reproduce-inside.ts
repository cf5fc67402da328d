import { readFile } from 'node:fs/promises';
import type { SessionRequest } from '../conformance/execute.ts';
import { openMeshSession } from '../conformance/mesh-session.ts';
import { runningVersions } from '../environments/running-versions.ts';
import { EXIT, HarnessError, messageOf } from '../errors.ts';
import { type StepTiming, step } from '../progress.ts';
import { perform } from '../reproduce/perform.ts';
import type { Reproduction } from '../reproduce/reproduction.ts';
import { findScenario, resolveScenario } from '../reproduce/scenario.ts';
import type { Output } from './output.ts';
import type { InsideOutcome } from './run-inside.ts';
import { loadPlan, loadScenarios } from './suites.ts';
import { writeWhole } from '../whole-file.ts';

/** What the outer half of `meshproof reproduce` hands to the half that lives in the mesh's network. */
export interface ReproduceRequest {
  readonly scenario: string;
  readonly session: SessionRequest;
  readonly fix: boolean;
  readonly keep: boolean;
  /** File for the {@link ReproduceOutcome}. */
  readonly outcomeFile: string;
}

/** What it hands back. */
export interface ReproduceOutcome extends InsideOutcome {
  readonly reproduction?: Reproduction;
}

/** The half of `meshproof reproduce` that has to be where the gateway's address is. */
export async function reproduceInside(
  requestFile: string,
  output: Output,
  { signal }: AbortController,
): Promise<number> {
  const request = JSON.parse(await readFile(requestFile, 'utf8')) as ReproduceRequest;
  const timings: StepTiming[] = [];
  let outcome: ReproduceOutcome;
  try {
    outcome = await step(output.progress, 'Reproducing', timings, async (activity) => {
      const { environment } = request.session;
      const { foretold, all, configurations } = await loadPlan([]);
      const scenario = findScenario(await loadScenarios(), request.scenario);
      const resolved = resolveScenario(scenario, { cases: all, foretold: foretold ?? (() => undefined) });
      const versions = await runningVersions(environment);
      const session = await openMeshSession({ ...request.session, configurations, signal });
      const found = await perform(session, {
        scenario: resolved,
        environment: environment.kind,
        fix: request.fix,
        keep: request.keep,
        onStep: (text) => activity.detail(text),
      });
      const { kind, name } = environment;
      const reproduction: Reproduction = { scenario, environment: { kind, name }, versions, ...found };
      return { results: [found.result], problems: [], versions, steps: timings, reproduction };
    });
  } catch (error) {
    const text = error instanceof HarnessError ? error.message : messageOf(error);
    outcome = { results: [], problems: [text], versions: {}, steps: timings };
  }
  await writeWhole(request.outcomeFile, JSON.stringify(outcome));
  return EXIT.conformant;
}
