import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EnvironmentKind } from '../environments/environment.ts';
import type { StartedEnvironment } from '../environments/handle.ts';
import { importImage } from '../environments/local/import-image.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { prepareEnvironment } from '../environments/prepare.ts';
import { selectEnvironment } from '../environments/select.ts';
import { EXIT, SetupError, UsageError } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import { step } from '../progress.ts';
import { readReport } from '../report/write.ts';
import { upgradeHtml } from '../report/upgrade/html.ts';
import { upgradeText } from '../report/upgrade/text.ts';
import { type UpgradeReport, type Versions, upgradeReport } from '../report/upgrade/upgrade.ts';
import { ensureToolchain } from '../toolchain/toolchain.ts';
import type { Change } from '../traffic/change.ts';
import type { ChangeResult } from '../traffic/run-change.ts';
import { environmentOptions } from './mesh-options.ts';
import { type Output, printJson } from './output.ts';
import { meshName, run } from './run.ts';
import { loadChanges, makeChanges, volumeOf } from './traffic.ts';
import { writeWhole } from '../whole-file.ts';

export interface UpgradeOptions {
  readonly env?: EnvironmentKind;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly strategy: string;
  readonly only?: string[];
  readonly rollback: boolean;
  readonly rate?: string;
  readonly streams?: string;
  readonly name?: string;
  readonly out: string;
  readonly json?: boolean;
}

const EXITS = {
  conformant: EXIT.conformant,
  'not-conformant': EXIT.notConformant,
  'could-not-run': EXIT.couldNotRun,
} as const satisfies Record<UpgradeReport['verdict'], number>;

/** `meshproof upgrade`: suites, the upgrade under live traffic, suites, and the way back. */
export async function upgrade(
  options: UpgradeOptions,
  output: Output,
  controller: AbortController,
): Promise<number> {
  const [from, to] = [versionsOf('--from', options.from), versionsOf('--to', options.to)];
  const [fromEnvoy, toEnvoy] = envoysOf(from, to);
  if (selectEnvironment(options.env ?? 'local') !== 'local')
    throw new UsageError('an upgrade is made with --env local only, so far', {
      hint: 'On a cluster of your own, run the suites, upgrade, run them again, and compare by "meshproof diff".',
    });
  const volume = volumeOf({ rate: '200', streams: '200', ...options });
  const name = meshName({ ...options, env: 'local' });
  const home = meshproofHome();
  const { progress } = output;
  const { signal } = controller;
  const out = resolve(options.out);
  const startedAt = new Date().toISOString();
  await sweepMeshes(home);

  const target = await ensureToolchain({ home, progress, signal, images: 'built', envoyVersion: toEnvoy });
  const wanted = environmentOptions(
    { images: 'built', envoyVersion: fromEnvoy },
    { kind: 'local', home, name, withDefaultRoutes: false },
    output,
    controller,
  );
  const mesh = await (await prepareEnvironment(wanted)).start();
  try {
    const images = await bothProxies(mesh, target.images, target.imageTarballs, output, signal);
    const suites = async (folder: string) => {
      const only = options.only === undefined ? {} : { only: options.only };
      const folderOut = join(out, folder);
      await run(
        { images: 'auto', env: 'local', reuse: true, name, out: folderOut, ...only },
        output,
        controller,
      );
      signal.throwIfAborted();
      return readReport(join(folderOut, 'report.json'));
    };
    const rollout = (await loadChanges()).find(({ name: each }) => each === 'gateway-rollout');
    if (rollout === undefined) throw new SetupError('there is no change called "gateway-rollout"');
    const under = async (change: Change): Promise<ChangeResult> => {
      const made = await makeChanges({
        ...{ mesh, volume, output, controller },
        changes: [change],
        sabotaged: false,
      });
      const [result] = made.results;
      if (result === undefined) throw new SetupError(`${change.name} could not be made`);
      return result;
    };
    const before = await suites('before');
    const forward = await under(imageChange(rollout, 'upgrade', images.to));
    const after = await suites('after');
    const back = options.rollback
      ? {
          rollback: await under(imageChange(rollout, 'rollback', images.from)),
          rolledBack: await suites('rolled-back'),
        }
      : undefined;
    const report = upgradeReport({
      ...{ startedAt, from, to, strategy: options.strategy, forward },
      suites: { before, after, ...(back && { rolledBack: back.rolledBack }) },
      ...(back && { rollback: back.rollback }),
    });
    await write(report, out);
    if (options.json === true) printJson(output, report);
    else output.out.write(upgradeText(report, output.out.colour));
    output.err.write(`Written to ${join(options.out, 'report.html')}\n`);
    return EXITS[report.verdict];
  } finally {
    const activity = progress.begin('Taking the mesh down');
    await mesh.remove();
    activity.done();
  }
}

/** `key=version`, each key once. @throws UsageError */
function versionsOf(flag: string, given: readonly string[]): Versions {
  const pairs = given.map((text) => {
    const [, key, version] = /^([a-z]+)=([\w.-]+)$/.exec(text) ?? [];
    if (key !== undefined && version !== undefined) return [key, version] as const;
    throw new UsageError(`${flag} ${JSON.stringify(text)} names no version`, {
      hint: `Write it as component=version, such as ${flag} envoy=1.36.4.`,
    });
  });
  return Object.fromEntries(pairs);
}

function envoysOf(from: Versions, to: Versions): [string, string] {
  for (const key of Object.keys({ ...from, ...to })) {
    if (key !== 'envoy')
      throw new UsageError(`"${key}" cannot be upgraded here: of a local mesh only "envoy" can`, {
        hint: 'Istio is built out of Go modules, of which there is one version. See docs/upgrades.md.',
      });
    if (from[key] === undefined || to[key] === undefined)
      throw new UsageError(`--from and --to must both say which ${key}`);
  }
  const [one = '', other = ''] = [from.envoy, to.envoy];
  if (one === other) throw new UsageError(`--from and --to both say envoy=${one}`);
  return [one, other];
}

/** The references of both proxies' images, the second of which the mesh is given. */
async function bothProxies(
  mesh: StartedEnvironment,
  { hub, tag }: { readonly hub: string; readonly tag: string },
  tarballs: readonly { readonly ref: string; readonly file: string }[],
  output: Output,
  signal: AbortSignal,
): Promise<{ readonly from: string; readonly to: string }> {
  const to = `${hub}/proxyv2:${tag}`;
  const tarball = tarballs.find(({ ref }) => ref === to);
  if (tarball === undefined) throw new SetupError(`there is no archive of ${to}`);
  await step(output.progress, 'Second proxy image', [], () => importImage(mesh, tarball.file, signal));
  const from = await currentProxy(mesh);
  return { from, to };
}

/** The gateway's image as it stands in the operator file that the mesh was installed by. */
async function currentProxy(mesh: StartedEnvironment): Promise<string> {
  const operator = await readFile(join(mesh.run, 'istio-operator.yaml'), 'utf8');
  const field = (name: string): string => new RegExp(`^  ${name}: (.*)$`, 'm').exec(operator)?.[1] ?? '';
  return `${field('hub')}/proxyv2:${field('tag')}`;
}

const imageChange = (rollout: Change, name: string, image: string): Change => ({
  ...rollout,
  name,
  title: `The gateway's pods are replaced by ${image} without losing an RPC.`,
  steps: [{ gatewayImage: image }],
  restore: [],
  compareLive: true,
});

async function write(report: UpgradeReport, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of [
    ['report.json', `${JSON.stringify(report, undefined, 1)}\n`],
    ['report.html', upgradeHtml(report)],
  ] as const)
    await writeWhole(join(folder, name), text);
}
