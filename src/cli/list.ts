import { ROWS } from '../conformance/outcomes.ts';
import { describeInvocation } from '../conformance/result.ts';
import { EXIT } from '../errors.ts';
import { type PlanChoice, chosenPlan } from './chosen-plan.ts';
import { type Output, printJson } from './output.ts';
import { paint } from './screen.ts';

/** `meshproof list`. */
export async function list(
  options: PlanChoice & { only?: string[]; json?: boolean },
  output: Output,
): Promise<number> {
  const { cases } = await chosenPlan(options, options.only ?? [], output);
  if (options.json === true) {
    printJson(
      output,
      cases.map((each) => ({
        name: each.name,
        row: each.row,
        title: each.title,
        configuration: each.configuration,
        ...describeInvocation(each.invocation),
        sabotages: each.sabotages.map(({ name }) => name),
      })),
    );
    return EXIT.conformant;
  }
  const { out } = output;
  for (const row of new Set(cases.map((each) => each.row))) {
    out.write(`${paint(out, 'bold', `${row}  ${ROWS[row]}`)}\n`);
    for (const each of cases.filter((candidate) => candidate.row === row)) out.write(`  ${each.name}\n`);
  }
  out.write(`${cases.length} cases\n`);
  return EXIT.conformant;
}
