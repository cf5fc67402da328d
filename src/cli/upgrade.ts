import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StartedEnvironment } from '../environments/handle.ts';
import { importImage } from '../environments/import-image.ts';
import { type IstioSide, istioMoves } from '../environments/istio-upgrade.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { prepareEnvironment, prepareToolchain } from '../environments/prepare.ts';
import { selectEnvironment } from '../environments/select.ts';
import { EXIT, SetupError, UsageError } from '../errors.ts';
import { meshproofHome } from '../paths.ts';
import { step } from '../progress.ts';
import { readReport } from '../report/write.ts';
import { upgradeHtml } from '../report/upgrade/html.ts';
import { upgradeText } from '../report/upgrade/text.ts';
import { type UpgradeReport, upgradeReport } from '../report/upgrade/upgrade.ts';
import type { MeshToolchain } from '../toolchain/toolchain.ts';
import { INGRESS_GATEWAY } from '../conformance/mesh-session.ts';
import type { Change, ChangeStep } from '../traffic/change.ts';
import type { ChangeResult } from '../traffic/run-change.ts';
import { environmentOptions } from './mesh-options.ts';
import { type Output, printJson } from './output.ts';
import { meshName, run } from './run.ts';
import { loadChanges, makeChanges, volumeOf } from './traffic.ts';
import { type AskedSide, type Strategy, sidesOf } from './upgrade-sides.ts';
import { writeWhole } from '../whole-file.ts';

export interface UpgradeOptions {
  readonly env?: 'local' | 'kind';
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly set?: string[];
  readonly strategy: Strategy;
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

/** The revision of a second control plane. */
const CANARY = 'canary';

/** `meshproof upgrade`: suites, the upgrade under live traffic, suites, and the way back. */
export async function upgrade(
  options: UpgradeOptions,
  output: Output,
  controller: AbortController,
): Promise<number> {
  const asked = sidesOf(options);
  const kind = selectEnvironment(options.env ?? 'local');
  if (kind === 'cluster')
    throw new UsageError('an upgrade is made in a mesh of our own, by --env local or kind', {
      hint: 'On a cluster of your own, run the suites, upgrade, run them again, and compare by "meshproof diff".',
    });
  const volume = volumeOf({ rate: '200', streams: '200', ...options });
  const name = meshName({ ...options, env: kind });
  const home = meshproofHome();
  const { progress } = output;
  const { signal } = controller;
  const out = resolve(options.out);
  const startedAt = new Date().toISOString();
  await sweepMeshes(home);

  const what = { kind, home, name, withDefaultRoutes: false };
  const wanted = ({ request }: AskedSide) => ({
    ...environmentOptions(request, what, output, controller),
    kind,
  });
  const from: IstioSide = {
    toolchain: await prepareToolchain(wanted(asked.from)),
    request: asked.from.request,
  };
  const to: IstioSide = { toolchain: await prepareToolchain(wanted(asked.to)), request: asked.to.request };
  const mesh = await (await prepareEnvironment(wanted(asked.from))).start();
  try {
    await importMissing(mesh, from.toolchain, to.toolchain, output, signal);
    const suites = async (folder: string) => {
      const only = options.only === undefined ? {} : { only: options.only };
      const folderOut = join(out, folder);
      await run(
        { images: 'auto', env: kind, reuse: true, name, out: folderOut, ...only },
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
    const way = { strategy: options.strategy, proxyOnly: asked.proxyOnly, folder: mesh.run, signal };
    const before = await suites('before');
    const there = await stepsTo({ side: to, revision: CANARY }, { side: from }, way);
    const forward = await under(upgradeChange(rollout, 'upgrade', proxyOf(to), there));
    const after = await suites('after');
    let back: { rollback: ChangeResult; rolledBack: typeof after } | undefined;
    if (options.rollback) {
      const steps = await stepsTo({ side: from }, { side: to, revision: CANARY }, way);
      back = {
        rollback: await under(upgradeChange(rollout, 'rollback', proxyOf(from), steps)),
        rolledBack: await suites('rolled-back'),
      };
    }
    const report = upgradeReport({
      ...{ startedAt, from: asked.from.versions, to: asked.to.versions, strategy: options.strategy, forward },
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

/** Gives the node the images of the other side that it lacks. */
async function importMissing(
  mesh: StartedEnvironment,
  there: MeshToolchain,
  wanted: MeshToolchain,
  { progress }: Output,
  signal: AbortSignal,
): Promise<void> {
  const present = new Set(there.imageTarballs.map(({ ref }) => ref));
  const missing = wanted.imageTarballs.filter(({ ref }) => !present.has(ref));
  if (missing.length === 0) return;
  await step(progress, "The other side's images", [], async (activity) => {
    for (const { ref, file } of missing) {
      activity.detail(ref);
      await importImage(mesh, file, signal);
    }
  });
}

const proxyOf = ({ toolchain: { images } }: IstioSide): string => `${images.hub}/proxyv2:${images.tag}`;

/** A side, with the revision that a canary upgrade gives it. */
interface Place {
  readonly side: IstioSide;
  readonly revision?: string;
}

/** What replaces one side by the other. */
async function stepsTo(
  wanted: Place,
  there: Place,
  way: {
    readonly strategy: Strategy;
    readonly proxyOnly: boolean;
    readonly folder: string;
    readonly signal: AbortSignal;
  },
): Promise<readonly ChangeStep[]> {
  const { strategy, proxyOnly, folder, signal } = way;
  const proxies: ChangeStep = { gatewayImage: proxyOf(wanted.side) };
  if (proxyOnly) return [proxies];
  if (strategy === 'canary') {
    const moves = await istioMoves('canary', there, wanted, folder, signal);
    return moves.map((istio) => ({ istio }));
  }
  const moves = await istioMoves('in-place', { side: there.side }, { side: wanted.side }, folder, signal);
  const control = moves.map((istio): ChangeStep => ({ istio }));
  if (strategy === 'gateway-first') return [proxies, ...control];
  // A proxy takes the mesh's settings when it starts.
  const same = proxyOf(wanted.side) === proxyOf(there.side);
  return same ? [...control, { restart: INGRESS_GATEWAY }] : control;
}

const upgradeChange = (
  rollout: Change,
  name: string,
  image: string,
  steps: readonly ChangeStep[],
): Change => ({
  ...rollout,
  name,
  title: `The gateway's pods are replaced by ${image} without losing an RPC.`,
  steps,
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
