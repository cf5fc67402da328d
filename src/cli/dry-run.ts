import type { KubernetesObject } from '@kubernetes/client-node';
import { Configurations } from '../conformance/configurations.ts';
import { place } from '../environments/placement.ts';
import type { EnvironmentOptions } from '../environments/options.ts';
import { prepareEnvironment } from '../environments/prepare.ts';
import { tlsSecret } from '../environments/samples.ts';
import { EXIT, UsageError } from '../errors.ts';
import { nameOf } from '../kubernetes/apply.ts';
import { parsePatches } from '../kubernetes/patches.ts';
import { type Output, printJson } from './output.ts';
import type { LoadedPlan } from './suites.ts';

interface DryRun {
  readonly wanted: EnvironmentOptions;
  readonly plan: LoadedPlan;
  readonly patches: readonly string[];
  readonly json: boolean;
}

/** `--dry-run`: looks at the cluster as a run does, and shows what would be applied to it. */
export async function dryRun({ wanted, plan, patches, json }: DryRun, output: Output): Promise<number> {
  const { preview, servicesImage } = await prepareEnvironment({ ...wanted, dryRun: true });
  if (preview === undefined) {
    throw new UsageError('--dry-run goes with --env cluster only', {
      hint: "Other environments are of meshproof's own making.",
    });
  }
  const configurations = new Configurations({
    configurations: plan.configurations,
    servicesImage,
    objects: [tlsSecret({ certificate: '', key: '', serial: '' })],
    patches: patches.flatMap((text) => parsePatches(text, 'a patch')),
  });
  const environment = await preview.objects();
  const names = [...new Set(plan.cases.map(({ configuration }) => configuration))];
  const entries = names.map(async (name): Promise<[string, KubernetesObject[]]> => [
    name,
    place(await configurations.objects(name, [], []), preview.placement),
  ]);
  const applied = Object.fromEntries(await Promise.all(entries));
  if (json) {
    printJson(output, { environment, configurations: applied });
    return EXIT.conformant;
  }
  const lines = (objects: readonly KubernetesObject[]) =>
    objects.map((object) => `  ${nameOf(object)}\n`).join('');
  const known = new Set(environment.map(nameOf));
  output.out.write(`Before the suites:\n${lines(environment)}`);
  for (const [name, objects] of Object.entries(applied)) {
    const further = objects.filter((object) => !known.has(nameOf(object)));
    output.out.write(`For the configuration ${name}:\n${lines(further)}`);
  }
  output.out.write('Nothing was applied.\n');
  return EXIT.conformant;
}
