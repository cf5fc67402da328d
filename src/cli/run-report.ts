import type { Plan } from '../conformance/plan.ts';
import type { EnvironmentKind } from '../environments/environment.ts';
import type { MeshRequest } from '../environments/request.ts';
import type { StepTiming } from '../progress.ts';
import { type RunFacts, assembleReport } from '../report/assemble.ts';
import type { Report } from '../report/schema.ts';
import type { Found } from './environment-run.ts';

/** What of a command's options stands in its report. */
interface ReportedOptions {
  readonly env?: EnvironmentKind;
  readonly name?: string;
  readonly reuse?: boolean;
  readonly patch?: string[];
  readonly knownFailing?: string[];
}

/**
 * The report of a run, however far it came.
 *
 * @param stopped what ended it early, in one sentence
 */
export function reportOf(
  options: ReportedOptions,
  request: MeshRequest,
  plan: Plan,
  { environment, outcome }: Found,
  stopped: string | undefined,
  started: { at: Date; clock: number },
): Report {
  const steps: StepTiming[] = [...(environment?.steps ?? []), ...(outcome?.steps ?? [])];
  const problem = stopped ?? outcome?.problems[0];
  // Of a mesh that was up already it is known only by that mesh.
  const asked = environment ? environment.asked : options.reuse === true ? undefined : request;
  const facts: RunFacts = {
    planned: plan.cases.length,
    startedAt: started.at.toISOString(),
    durationMs: Math.round(performance.now() - started.clock),
    command: ['meshproof', ...process.argv.slice(2)],
    environment: {
      kind: environment?.kind ?? options.env ?? 'local',
      name: environment?.name ?? options.name ?? '',
      capabilities: [...(environment?.capabilities ?? [])],
    },
    versions: { ...environment?.versions, ...outcome?.versions },
    dataPlane: environment ? environment.dataPlane : null,
    images: environment ? { source: environment.images.source, why: environment.images.why } : null,
    ...(asked === undefined ? {} : { asked }),
    patch: options.patch ?? null,
    ...(options.knownFailing === undefined ? {} : { knownFailing: options.knownFailing }),
    steps,
    cases: outcome?.results ?? [],
    notes: [...(environment?.notes ?? []), ...(outcome?.problems ?? [])],
  };
  return assembleReport(facts, problem);
}
