import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { SetupError } from '../errors.ts';
import { applyObjects } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { parseObjects } from '../kubernetes/manifests.ts';
import { waitForRollout } from '../kubernetes/readiness.ts';
import type { MeshToolchain } from '../toolchain/toolchain.ts';
import { writeWhole } from '../whole-file.ts';
import { gatewayManifests, installArguments, istioSettings, writeIstioOperator } from './istio.ts';
import type { Placement } from './placement.ts';
import type { MeshRequest } from './request.ts';

/** One command of an upgrade of Istio, as data: it is carried out where the API server is reached. */
export type IstioMove =
  | {
      /** What happens by it, as a timeline has it. */
      readonly says: string;
      /** The command, of the version that it is about. */
      readonly istioctl: string;
      readonly args: readonly string[];
    }
  | {
      readonly says: string;
      /** File with the gateway's objects, as istioctl has rendered them. */
      readonly gateway: string;
    };

/** One side of an upgrade. */
export interface IstioSide {
  readonly toolchain: MeshToolchain;
  readonly request: MeshRequest;
}

/** The control plane without a revision, as istioctl calls it. */
const DEFAULT = 'default';

/** It goes on with the first control plane until it is moved. */
const WITHOUT_GATEWAY = 'components.ingressGateways[0].enabled=false';

/**
 * The moves that put another Istio in the place of the one that runs, as Istio's own documents have them.
 *
 * `in-place`: istioctl installs over what is there, the control plane first. `canary`: a second control plane beside the
 * first, then the gateway, then the name `default` for injection and validation, and the first one goes.
 *
 * @param there what runs now; `revision` when it was put there by a canary upgrade
 * @param folder where files for istioctl go
 * @throws SetupError when istioctl refuses what is asked for
 */
export async function istioMoves(
  strategy: 'in-place' | 'canary',
  there: { readonly side: IstioSide; readonly revision?: string },
  wanted: { readonly side: IstioSide; readonly revision?: string },
  folder: string,
  signal: AbortSignal,
): Promise<readonly IstioMove[]> {
  const { toolchain, request } = wanted.side;
  const { set = [] } = request;
  const istioctl = join(toolchain.bin, 'istioctl');
  const settings = istioSettings(toolchain, request);
  const file = (what: string): string =>
    join(folder, `upgrade-to-${wanted.revision ?? DEFAULT}-${what}.yaml`);
  await writeIstioOperator(settings, file('operator'));
  const revised = [...set, ...(wanted.revision === undefined ? [] : [`revision=${wanted.revision}`])];
  const install = (says: string, more: readonly string[] = []): IstioMove => ({
    says,
    istioctl,
    args: installArguments(file('operator'), [...revised, ...more]),
  });
  if (strategy === 'in-place') return [install('Istio installed over what is there')];

  const gateway = await gatewayManifests(settings, revised, signal, istioctl);
  await writeWhole(file('gateway'), gateway.map((each) => stringify(each)).join('---\n'));
  const rev = wanted.revision ?? DEFAULT;
  const old = there.revision ?? DEFAULT;
  return [
    // While both are there, `default` belongs to one of them: the unnamed one takes it back before it comes.
    ...(there.revision === undefined ? [] : [untag(there.side, DEFAULT)]),
    install(`second control plane, ${rev}, installed`, [WITHOUT_GATEWAY]),
    { says: `gateway moved to ${rev}`, gateway: file('gateway') },
    ...(wanted.revision === undefined
      ? []
      : [
          {
            says: `injection and validation moved to ${rev}`,
            istioctl,
            args: ['tag', 'set', DEFAULT, '--revision', rev, '--overwrite', '--skip-confirmation'],
          },
        ]),
    {
      says: `first control plane, ${old}, taken away`,
      istioctl,
      args: ['uninstall', '--revision', old, '--skip-confirmation'],
    },
  ];
}

const untag = ({ toolchain }: IstioSide, tag: string): IstioMove => ({
  says: `the tag ${tag} taken away`,
  istioctl: join(toolchain.bin, 'istioctl'),
  args: ['tag', 'remove', tag, '--skip-confirmation'],
});

/** @throws SetupError with istioctl's last words, or when the gateway does not become Ready */
export async function performIstioMove(
  move: IstioMove,
  cluster: Cluster,
  placement: Placement,
  signal: AbortSignal,
): Promise<void> {
  if ('gateway' in move) {
    await applyObjects(cluster, parseObjects(await readFile(move.gateway, 'utf8'), move.gateway));
    await waitForRollout(cluster, placement.gateway, 'istio-ingressgateway', signal);
    return;
  }
  const { istioctl, args } = move;
  const result = await execa(istioctl, [...args, ...cluster.kubectlArguments], {
    all: true,
    reject: false,
    cancelSignal: signal,
  });
  if (!result.failed) return;
  signal.throwIfAborted();
  // istioctl draws a ship as well.
  const said = result.all.split('\n').filter((line) => /[a-z]{3}/.test(line));
  throw new SetupError(
    `"istioctl ${args.slice(0, 2).join(' ')}" failed: ${said.slice(-4).join('\n').trim()}`,
    { hint: 'The mesh stays as that has left it.' },
  );
}
