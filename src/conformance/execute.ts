import { join } from 'node:path';
import { startVitest } from 'vitest/node';
import { PROJECT_ROOT } from '../paths.ts';
import type { MeshSessionOptions } from './mesh-session.ts';
import type { Plan } from './plan.ts';
import type { CaseResult } from './result.ts';

/** What crosses into vitest's worker besides the plan: a session's options, as far as they are data. */
export type SessionRequest = Pick<MeshSessionOptions, 'environment' | 'results' | 'patches'>;

declare module 'vitest' {
  interface ProvidedContext {
    meshproofSession: SessionRequest;
  }
}

export interface ExecuteOptions {
  readonly plan: Plan;
  readonly session: SessionRequest;
  /** Run each case under each of its sabotages instead. */
  readonly prove: boolean;
  readonly signal: AbortSignal;
  readonly onResult: (result: CaseResult) => void;
}

/** How many cases of one group may be under way at once. RPCs mostly wait, and timers under test must stay true. */
const CONCURRENT_CASES = 8;

/**
 * Runs the planned cases by vitest, in one worker, so that all suites share one session.
 *
 * @returns what became of each case; shorter than the plan when vitest itself broke, with its errors in `problems`
 */
export async function execute(
  options: ExecuteOptions,
): Promise<{ results: CaseResult[]; problems: string[] }> {
  const { plan, session, prove, signal } = options;
  const results: CaseResult[] = [];
  const problems: string[] = [];
  const vitest = await startVitest(
    plan.folders.map((folder) => `suites/${folder}/`),
    {
      root: PROJECT_ROOT,
      config: false,
      include: ['suites/*/*.suite.ts'],
      setupFiles: [join(PROJECT_ROOT, 'suites', 'setup.ts')],
      watch: false,
      pool: 'forks',
      isolate: false,
      fileParallelism: false,
      maxWorkers: 1,
      maxConcurrency: CONCURRENT_CASES,
      passWithNoTests: true,
      provide: {
        meshproof: {
          environment: session.environment.kind,
          cases: plan.cases.map(({ name }) => name),
          prove,
        },
        meshproofSession: session,
      },
      reporters: [
        {
          onTestCaseResult: (test) => {
            const result = test.meta().meshproof;
            if (result === undefined) {
              const [error] = test.result().errors ?? [];
              problems.push(`${test.fullName}: ${error?.message ?? 'no result'}`);
              return;
            }
            results.push(result);
            options.onResult(result);
          },
          onTestModuleEnd: (module) => {
            for (const error of module.errors()) problems.push(`${module.moduleId}: ${error.message}`);
          },
          onTestRunEnd: (_modules, errors) => {
            for (const error of errors) problems.push(error.message);
          },
        },
      ],
    },
  );
  signal.addEventListener('abort', () => void vitest.cancelCurrentRun('keyboard-input'), { once: true });
  await vitest.close();
  // vitest sets it for the failures it saw; the verdict decides here.
  process.exitCode = 0;
  return { results, problems };
}
