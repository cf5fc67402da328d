import { join, resolve } from 'node:path';
import {
  type Cell,
  type Judged,
  confusionMatrix,
  isRight,
  judgeDiagnoses,
} from '../conformance/diagnosed.ts';
import { ROWS, type Row } from '../conformance/outcomes.ts';
import { planProof } from '../conformance/plan.ts';
import type { CaseResult } from '../conformance/result.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { selectEnvironment } from '../environments/select.ts';
import { EXIT, SetupError } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import { type PlanChoice, chosenPlan, refuseOnCluster } from './chosen-plan.ts';
import { type Found, type SuiteOptions, runOnEnvironment } from './environment-run.ts';
import { type Output, printJson } from './output.ts';
import { meshName } from './run.ts';
import { paint } from './screen.ts';
import { writeWhole } from '../whole-file.ts';

export interface ProveOptions extends SuiteOptions, PlanChoice {
  readonly name?: string;
  readonly json?: boolean;
  /** Try each sabotage on one case of each family. */
  readonly quick?: boolean;
}

interface RowProof {
  readonly row: Row;
  readonly cases: number;
  readonly sabotages: number;
  readonly caught: number;
  /** Of how many a diagnosis is demanded. */
  readonly toDiagnose: number;
  /** Of which the first diagnosis was the one foretold. */
  readonly diagnosed: number;
}

/** How long a case took under a sabotage, what is applied for all of its kind not counted. */
interface Taken {
  readonly name: string;
  readonly sabotage: string;
  readonly durationMs: number;
}

interface Proof {
  /** Sabotages of the cases that the environment can run. */
  readonly planned: number;
  /** Those of the others. */
  readonly skipped: number;
  readonly caught: number;
  readonly toDiagnose: number;
  readonly diagnosed: number;
  readonly rows: readonly RowProof[];
  readonly escaped: readonly CaseResult[];
  readonly misdiagnosed: readonly Judged[];
  /** What took longest, in milliseconds: by it a proof is made faster. */
  readonly slowest: readonly Taken[];
  readonly confusion: readonly Cell[];
  readonly problems: readonly string[];
}

/**
 * `meshproof prove`: exit 0 when every sabotage was caught and diagnosed as foretold, 1 when a check stayed green or
 * the cause was taken for another.
 */
export async function prove(
  patterns: string[],
  options: ProveOptions,
  output: Output,
  controller: AbortController,
): Promise<number> {
  const kind = selectEnvironment(options.env);
  const home = meshproofHome();
  const name = meshName(options);
  const plan = await chosenPlan(options, patterns, output);
  refuseOnCluster(plan, kind);
  await sweepMeshes(home);
  const found: Found = { environment: undefined, outcome: undefined };
  const common = { options, output, controller, home, name, plan, found };
  const tried = planProof(plan.cases, options.quick === true);
  await runOnEnvironment({ ...common, kind, patches: [], knownFailing: [], prove: tried });
  const { results: all = [], problems = [] } = found.outcome ?? {};
  const results = all.filter(({ outcome }) => outcome !== 'skipped');
  const skipped = all.length - results.length;
  const planned = Object.values(tried).flat().length;
  const judged = plan.foretold === undefined ? [] : judgeDiagnoses(results, plan.foretold);
  const misdiagnosed = judged.filter((each) => !isRight(each));
  const escaped = results.filter(({ sabotage }) => sabotage?.caught !== true);
  const cases = plan.cases.filter(({ name }) => tried[name] !== undefined);
  const proof: Proof = {
    planned: planned - skipped,
    skipped,
    caught: results.length - escaped.length,
    toDiagnose: judged.length,
    diagnosed: judged.length - misdiagnosed.length,
    rows: (Object.keys(ROWS) as Row[]).flatMap((row) => rowProof(row, cases, results, judged)),
    escaped,
    misdiagnosed,
    slowest: slowest(results),
    confusion: confusionMatrix(judged),
    problems,
  };
  const file = join(resolve(options.out), 'proof.json');
  await writeWhole(file, JSON.stringify(proof, undefined, 2));
  if (options.json === true) printJson(output, proof);
  print(output, proof, plan.foretold !== undefined);
  if (all.length !== planned) {
    throw new SetupError(
      `${planned - all.length} of ${planned} sabotages were not tried: ${problems[0] ?? 'no reason given'}`,
    );
  }
  return escaped.length + misdiagnosed.length === 0 ? EXIT.conformant : EXIT.notConformant;
}

const slowest = (results: readonly CaseResult[]): Taken[] =>
  results
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, SHOWN)
    .map(({ name, sabotage, durationMs }) => ({ name, sabotage: sabotage?.name ?? '', durationMs }));

function rowProof(
  row: Row,
  cases: readonly { row: Row }[],
  results: readonly CaseResult[],
  judged: readonly Judged[],
): RowProof[] {
  const own = results.filter((result) => result.row === row);
  if (own.length === 0) return [];
  return [
    {
      row,
      cases: cases.filter((each) => each.row === row).length,
      sabotages: own.length,
      caught: own.filter(({ sabotage }) => sabotage?.caught === true).length,
      toDiagnose: judged.filter((each) => each.row === row).length,
      diagnosed: judged.filter((each) => each.row === row && isRight(each)).length,
    },
  ];
}

/** More of a kind than this are counted rather than shown; proof.json has them all. */
const SHOWN = 20;

/** @param withDiagnoses whether any were foretold: a team's own cases foretell none */
function print({ err }: Output, proof: Proof, withDiagnoses: boolean): void {
  for (const result of proof.escaped) {
    err.write(
      `${paint(err, 'red', '✖')} ${result.row} ${result.name} under "${result.sabotage?.name ?? ''}": ${result.outcome}\n`,
    );
    err.write(`    to be seen: ${result.sabotage?.caughtBy ?? ''}\n`);
    const seen =
      result.reason ??
      result.mismatches
        .map(({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`)
        .join('\n                ');
    err.write(`    seen:       ${seen || 'nothing'}\n`);
  }
  for (const { row, name, sabotage, foretold, given } of proof.misdiagnosed.slice(0, SHOWN)) {
    err.write(
      `${paint(err, 'red', '✖')} ${row} ${name} under "${sabotage}": taken for ${given}, foretold ${foretold.join(' or ') || 'nothing'}\n`,
    );
  }
  const more = proof.misdiagnosed.length - SHOWN;
  if (more > 0) err.write(`  and ${more} more in proof.json\n`);
  if (withDiagnoses) printMatrix({ err }, proof.confusion);
  for (const { row, cases, sabotages, caught, toDiagnose, diagnosed } of proof.rows) {
    const isGood = caught === sabotages && (!withDiagnoses || diagnosed === toDiagnose);
    const mark = isGood ? paint(err, 'green', '✔') : paint(err, 'red', '✖');
    err.write(
      `${mark} ${row.padEnd(4)} ${ROWS[row].padEnd(32)} ${cases} cases, ${caught} of ${sabotages} sabotages caught${withDiagnoses ? `, ${diagnosed} of ${toDiagnose} diagnosed` : ''}\n`,
    );
  }
  err.write(
    `${proof.caught} of ${proof.planned} sabotages caught${withDiagnoses ? `, ${proof.diagnosed} of ${proof.toDiagnose} diagnosed` : ''}${proof.skipped === 0 ? '' : `; ${proof.skipped} skipped, whose cases the environment cannot run`}\n`,
  );
}

/** The confusion matrix as a list: most of its cells are empty. */
function printMatrix({ err }: Pick<Output, 'err'>, cells: readonly Cell[]): void {
  err.write('\nCause                          diagnosed as                     times\n');
  for (const { foretold, given, count } of cells) {
    const right = foretold === given;
    const line = `${foretold.padEnd(30)} ${(right ? 'itself' : given).padEnd(30)} ${String(count).padStart(6)}\n`;
    err.write(right ? line : paint(err, 'red', line));
  }
  err.write('\n');
}
