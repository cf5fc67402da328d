import { execa } from 'execa';
import { GenericContainer, type WaitStrategy } from 'testcontainers';
import { SetupError } from '../errors.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { MESH_LABEL } from './label.ts';

export interface ContainerSpec {
  /** The mesh that it belongs to, and ends with. */
  readonly mesh: string;
  readonly image: string;
  /** Docker's network that it joins. */
  readonly network: string;
  /** What runs in it, when that is not what its image says. */
  readonly command?: readonly string[];
  /** Folders of this machine that it gets copies of, by their place in it. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Text files by their place in it. */
  readonly files?: Readonly<Record<string, string>>;
  /** A port of it that is mapped to this machine, where containers cannot be reached at their addresses. */
  readonly mappedPort?: number;
  /** How it is known that what runs in it is ready; by default it is when it runs. */
  readonly ready?: WaitStrategy;
}

export interface RunningContainer {
  /** Its address on the network that it joined. */
  readonly address: string;
  /** Where its mapped port is reached from this machine. */
  mapped(port: number): { readonly address: string; readonly port: number };
  exec(
    command: readonly string[],
    variables?: Readonly<Record<string, string>>,
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
}

/**
 * Starts a container on the Docker daemon that the environment's variables name. It is removed by its label, and by
 * Ryuk, too, where its image is there.
 *
 * @throws SetupError when it does not get ready
 */
export async function startContainer(spec: ContainerSpec): Promise<RunningContainer> {
  const { image, network, command, files = {}, folders = {}, mappedPort } = spec;
  const container = new GenericContainer(image)
    .withAutoCleanup(await hasRyuk())
    .withLabels({ [MESH_LABEL]: spec.mesh })
    .withNetworkMode(network)
    .withStartupTimeout(TIMEOUTS.componentReady)
    .withCopyContentToContainer(
      Object.entries(files).map(([target, content]) => ({ target, content, mode: 0o444 })),
    )
    .withCopyDirectoriesToContainer(Object.entries(folders).map(([target, source]) => ({ source, target })));
  if (command !== undefined) container.withEntrypoint([...command]);
  if (mappedPort !== undefined) container.withExposedPorts(mappedPort);
  if (spec.ready !== undefined) container.withWaitStrategy(spec.ready);
  try {
    const started = await container.start();
    return {
      address: started.getIpAddress(network),
      mapped: (port) => ({ address: started.getHost(), port: started.getMappedPort(port) }),
      exec: (line, variables) => started.exec([...line], { env: { ...variables } }),
    };
  } catch (error) {
    throw new SetupError(`a container of ${image} did not get ready`, {
      hint: 'Is the Docker daemon well? "docker ps --all" and "docker logs" tell more.',
      cause: error,
    });
  }
}

let there: Promise<boolean> | undefined;

/**
 * Ryuk is the container by which testcontainers removes others once this process is gone. It would be pulled, which
 * fails where no image registry is reached: so it is used only when some version of its image is there already.
 */
function hasRyuk(): Promise<boolean> {
  there ??= (async () => {
    const named = process.env.RYUK_CONTAINER_IMAGE ?? 'testcontainers/ryuk';
    const { stdout } = await execa('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', named]);
    const [image] = stdout.split('\n').filter(Boolean);
    if (image !== undefined) process.env.RYUK_CONTAINER_IMAGE = image;
    return image !== undefined;
  })();
  return there;
}
