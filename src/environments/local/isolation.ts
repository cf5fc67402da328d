import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { SetupError } from '../../errors.ts';

/**
 * Addresses inside a mesh's own network namespace. Every mesh has the same ones: namespaces keep them apart.
 */
export const NETWORK = {
  /** The node's own address: API server, kubelet, CoreDNS. A loopback address is refused in EndpointSlices. */
  nodeAddress: '10.246.0.1',
  nodePrefix: 24,
  podCidr: '10.247.0.0/24',
  serviceCidr: '10.96.0.0/16',
  /** First three octets of the addresses that LoadBalancer Services get. */
  loadBalancerPrefix: '10.246.100',
  domain: 'cluster.local',
} as const;

/**
 * What a kubelet sets on start, and ends when it cannot (kubernetes, pkg/kubelet/cm/container_manager_linux.go).
 * No namespace holds these: they belong to the whole machine. So in the mesh's mount namespace they are files
 * that already have the wanted value, and the machine keeps its own.
 */
const KUBELET_SYSCTLS = {
  'vm/overcommit_memory': 1,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
} as const;

async function run(command: string, ...args: string[]): Promise<void> {
  const result = await execa(command, args, { reject: false });
  if (result.failed) {
    throw new SetupError(
      `"${[command, ...args].join(' ')}" failed inside the mesh's namespaces: ${result.stderr || result.shortMessage}`,
      {
        hint: 'Run "meshproof doctor" to see what this machine lacks.',
      },
    );
  }
}

/**
 * Covers folders by overlays in memory, so that what is written there stays in this mount namespace.
 *
 * @returns the folder in memory
 */
export async function coverInMemory(runFolder: string, folders: readonly string[]): Promise<string> {
  const scratch = join(runFolder, 'overlay');
  await mkdir(scratch, { recursive: true });
  await run('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'meshproof', scratch);
  for (const folder of folders) {
    const [upper, work] = ['upper', 'work'].map((part) => join(scratch, folder.slice(1), part)) as [
      string,
      string,
    ];
    await mkdir(upper, { recursive: true });
    await mkdir(work, { recursive: true });
    await run(
      'mount',
      '-t',
      'overlay',
      'meshproof',
      '-o',
      `lowerdir=${folder},upperdir=${upper},workdir=${work}`,
      folder,
    );
  }
  return scratch;
}

/**
 * Makes the mount namespace this process is in safe for a kubelet, so that nothing it writes outlives it or
 * reaches another mesh: /var and /run are covered by overlays in memory, the sysctls that belong to the whole
 * machine are read-only, names are resolved by the mesh's CoreDNS.
 */
export async function isolateMounts(runFolder: string): Promise<void> {
  // Bidirectional mounts of pods want a shared root; it is shared only within this namespace.
  await run('mount', '--make-rshared', '/');
  const scratch = await coverInMemory(runFolder, ['/var', '/run']);
  for (const folder of ['/proc/sys/vm', '/proc/sys/kernel']) {
    await run('mount', '--bind', folder, folder);
    await run('mount', '-o', 'remount,bind,ro', folder);
  }
  for (const [sysctl, value] of Object.entries(KUBELET_SYSCTLS)) {
    const stand = join(scratch, sysctl.replaceAll('/', '.'));
    await writeFile(stand, `${value}\n`);
    await run('mount', '--bind', stand, `/proc/sys/${sysctl}`);
  }
  const resolver = join(runFolder, 'resolv.conf');
  const { nodeAddress, domain } = NETWORK;
  await writeFile(
    resolver,
    `nameserver ${nodeAddress}\nsearch default.svc.${domain} svc.${domain} ${domain}\noptions ndots:5\n`,
  );
  const target = await realpath('/etc/resolv.conf').catch(() => undefined);
  if (target) await run('mount', '--bind', resolver, target);
}

/** Gives this network namespace a node: a bridge device with the node's address, and forwarding for its pods. */
export async function isolateNetwork(): Promise<void> {
  const { nodeAddress, nodePrefix } = NETWORK;
  await run('ip', 'link', 'set', 'lo', 'up');
  // A bridge without ports stands in for a network card; not every kernel has dummy devices.
  await run('ip', 'link', 'add', 'node0', 'type', 'bridge');
  await run('ip', 'addr', 'add', `${nodeAddress}/${nodePrefix}`, 'dev', 'node0');
  await run('ip', 'link', 'set', 'node0', 'up');
  await run('ip', 'route', 'add', 'default', 'dev', 'node0');
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
}
