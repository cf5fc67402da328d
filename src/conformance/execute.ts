import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProvidedContext } from 'vitest';
import { startVitest } from 'vitest/node';
import { browserFolder } from '../clients/browser/browsers.ts';
import { PROJECT_ROOT } from '../paths.ts';
import type { MeshSessionOptions } from './mesh-session.ts';
import { CONCURRENT_CASES } from './model.ts';
import type { Plan, Sabotaged } from './plan.ts';
import type { CaseResult } from './result.ts';

/** What crosses into vitest's worker besides the plan: a session's options, as far as they are data. */
export type SessionRequest = Pick<MeshSessionOptions, 'environment' | 'results' | 'patches' | 'tapped'>;

declare module 'vitest' {
  interface ProvidedContext {
    meshproofSession: SessionRequest;
  }
}

/** The vitest files that have the planned cases. Paths are relative to the project's root. */
export interface SuiteFiles {
  readonly include: readonly string[];
  /** Only files whose path has one of these in it. */
  readonly filters: readonly string[];
  /** Says how the session is opened; runs before each file. */
  readonly setup: string;
  /** What these files find by `inject`, beside the session and the names of the cases. */
  readonly provide?: Partial<ProvidedContext>;
}

export interface ExecuteOptions {
  readonly plan: Plan;
  readonly files: SuiteFiles;
  readonly session: SessionRequest;
  /** Run the cases under these of their sabotages instead. */
  readonly prove: Sabotaged | undefined;
  /** Run them in an order that follows from this seed: suites, groups within, and the cases of each. */
  readonly shuffle?: number;
  readonly signal: AbortSignal;
  readonly onResult: (result: CaseResult) => void;
}

const OWN_FILES = new RegExp(`^${PROJECT_ROOT.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}/(src|suites)/`);

/**
 * Runs the planned cases by vitest, in one worker, so that all suites share one session.
 *
 * @returns what became of each case; shorter than the plan when vitest itself broke, with its errors in `problems`
 */
export async function execute(
  options: ExecuteOptions,
): Promise<{ results: CaseResult[]; problems: string[] }> {
  const { plan, files, session, prove, shuffle, signal } = options;
  const results: CaseResult[] = [];
  const problems: string[] = [];
  const vitest = await startVitest([...files.filters], {
    root: PROJECT_ROOT,
    config: false,
    include: [...files.include],
    // Installed as a dependency, all of this project is below node_modules.
    exclude: [],
    server: { deps: { inline: [OWN_FILES] } },
    setupFiles: [join(PROJECT_ROOT, files.setup)],
    watch: false,
    pool: 'forks',
    isolate: false,
    fileParallelism: false,
    maxWorkers: 1,
    maxConcurrency: CONCURRENT_CASES,
    passWithNoTests: true,
    // The files only: what is within them is put in order where it is registered, groups kept together.
    ...(shuffle === undefined ? {} : { sequence: { shuffle: { files: true, tests: false }, seed: shuffle } }),
    provide: {
      meshproof: {
        environment: session.environment.kind,
        tapped: session.tapped,
        cases: plan.cases.map(({ name }) => name),
        ...(prove && { prove }),
        ...(shuffle === undefined ? {} : { shuffle }),
      },
      meshproofSession: session,
      ...files.provide,
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
  });
  signal.addEventListener('abort', () => void vitest.cancelCurrentRun('keyboard-input'), { once: true });
  await vitest.close();
  // Whatever way the worker ended, its browsers ended with it.
  await rm(browserFolder(session.environment.caFile), { recursive: true, force: true, maxRetries: 5 });
  // vitest sets it for the failures it saw; the verdict decides here.
  process.exitCode = 0;
  return { results, problems };
}
