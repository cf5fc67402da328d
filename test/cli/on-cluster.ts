import { join } from 'node:path';
import { type Finished, ROOT, meshproof } from './meshproof.ts';

/** A mesh as if it were anybody's cluster: by its kubeconfig alone. */
export interface ForeignCluster {
  /** Runs a script of the shell where the cluster is reached; it finds KUBECONFIG and GATEWAY_IP. */
  readonly inside: (script: string) => Promise<Finished>;
  /** Runs a command of ours with `--env cluster`. Its arguments may name variables of the shell. */
  readonly onCluster: (command: string, ...args: string[]) => Promise<Finished>;
  /** Everything with our label, and the namespaces. */
  readonly state: () => Promise<string>;
}

/** @param name of the mesh */
export function clusterOf(name: string): ForeignCluster {
  const inside: ForeignCluster['inside'] = (script) =>
    meshproof(['exec', '--name', name, '--', 'sh', '-c', script]);
  return {
    inside,
    onCluster: (command, ...args) =>
      inside(
        `exec node ${join(ROOT, 'src/cli/main.ts')} ${command} --env cluster --kubeconfig "$KUBECONFIG" ${args.map((each) => `"${each}"`).join(' ')}`,
      ),
    state: async () => {
      const { stdout } = await inside(
        'kubectl get namespaces -o name; kubectl get gateways,virtualservices,envoyfilters,secrets -A -l meshproof.dev/part-of -o name | sort',
      );
      return stdout;
    },
  };
}
