import { EXIT } from '../errors.ts';
import { type Requirement, examine } from '../toolchain/doctor.ts';
import { type Output, printJson } from './output.ts';
import { paint } from './screen.ts';

/** `meshproof doctor`: every requirement, whether it is met, and the command that fixes it. */
export async function doctor(options: { json?: boolean }, output: Output): Promise<number> {
  const requirements = await examine();
  const usable = (['local', 'kind', 'cluster'] as const).filter((environment) =>
    requirements.every((requirement) => requirement.met || !requirement.neededFor.includes(environment)),
  );
  if (options.json === true) {
    printJson(output, { requirements, usable });
    return usable.length > 0 ? EXIT.conformant : EXIT.couldNotRun;
  }
  const { out } = output;
  const width = Math.max(...requirements.map((requirement) => requirement.name.length));
  for (const requirement of requirements) out.write(`${line(requirement, width, output)}\n`);
  out.write(
    usable.length > 0
      ? `\nThis machine can run: ${usable.map((environment) => `--env ${environment}`).join(', ')}.\n`
      : '\nThis machine can run no environment yet; the commands above change that.\n',
  );
  return usable.length > 0 ? EXIT.conformant : EXIT.couldNotRun;
}

function line(requirement: Requirement, width: number, { out }: Output): string {
  const optional = requirement.neededFor.length === 0;
  const missing = optional ? paint(out, 'yellow', '-') : paint(out, 'red', '✖');
  const mark = requirement.met ? paint(out, 'green', '✔') : missing;
  const found = `${mark} ${requirement.name.padEnd(width)}  ${requirement.found}`;
  if (requirement.met) return found;
  const environments = optional
    ? 'cases of a real browser, which are skipped without it'
    : requirement.neededFor.map((environment) => `--env ${environment}`).join(', ');
  return `${found}\n    needed: ${requirement.needed} (for ${environments})\n    fix:    ${requirement.fix}`;
}
