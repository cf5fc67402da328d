import type { TestAuthority } from '../certificates/authority.ts';
import type { Balancer } from '../clients/balancer.ts';
import type { ClientInvocation } from '../clients/invocation.ts';
import { PROTO_FOLDER } from '../clients/protos.ts';
import { IN_CONTAINER, containersOf, type ClientContainers, type Target } from '../clients/target.ts';
import type { RunningContainer } from '../containers/container.ts';
import { SetupError } from '../errors.ts';
import type { RunningBalancer } from './balancer.ts';
import type { ContainerHost, Environment } from './environment.ts';

type ClientName = Parameters<ClientContainers['run']>[0];

/** The containers that a run starts beside the cluster, each when it is first asked for. */
export interface ContainersBeside {
  readonly clients: ClientContainers;
  /** Resolves once the client's container runs. */
  start(client: ClientName): Promise<unknown>;
  balancer(setting: Balancer): Promise<RunningBalancer>;
}

/**
 * @param serverName the host that balancers have a certificate of
 * @returns undefined where the environment has no Docker
 */
export function containersBeside(
  environment: Environment,
  authority: TestAuthority,
  serverName: string,
): ContainersBeside | undefined {
  const { containers: host, name: mesh } = environment;
  if (host === undefined) return undefined;
  const reachable = environment.capabilities.includes('load-balancer-address');
  const balancers = onceFor(async (setting): Promise<RunningBalancer> => {
    const { startBalancer } = await import('./balancer.ts');
    const certificate = await authority.issue({ names: [serverName] });
    const parts = { mesh, host, certificate, serverName, reachable };
    return startBalancer(JSON.parse(setting) as Balancer, parts);
  });
  const containers = onceFor((client: ClientName) => startClient(client, mesh, host, authority.pem));
  return {
    start: containers,
    balancer: (setting) => balancers(JSON.stringify(setting)),
    clients: {
      gateway: host.gateway,
      run: async (client, command, signal, variables) => {
        const container = await containers(client);
        return Promise.race([container.exec(command, variables), aborted(signal)]);
      },
    },
  };
}

/**
 * The gateway as an invocation reaches it, with the containers that it needs running.
 *
 * @throws SetupError when one does not get ready, or there can be none
 */
export async function targetFor(
  invocation: ClientInvocation,
  target: Target,
  beside: ContainersBeside | undefined,
): Promise<Target> {
  const client = containerOf(invocation);
  if (client !== undefined) await beside?.start(client);
  const { through } = invocation;
  if (through === undefined) return target;
  if (beside === undefined) throw new SetupError('the environment has no Docker to run a load balancer on');
  const { fromHere, fromContainers } = await beside.balancer(through);
  return {
    ...target,
    ...listenersAt(fromHere),
    containers: { ...containersOf(target), gateway: listenersAt(fromContainers) },
  };
}

function containerOf(invocation: ClientInvocation): ClientName | undefined {
  if (invocation.client === 'grpc-go') return 'grpc-go';
  return invocation.client === 'grpcurl' && invocation.runsAs === 'container' ? 'grpcurl' : undefined;
}

/** A balancer has one port, whatever is spoken to it. */
const listenersAt = ({ address, port }: { readonly address: string; readonly port: number }) => ({
  address,
  tlsPort: port,
  h2cPort: port,
});

async function startClient(
  client: ClientName,
  mesh: string,
  host: ContainerHost,
  caPem: string,
): Promise<RunningContainer> {
  // testcontainers takes most of a second to load, which only a run with such cases shall pay.
  const { startContainer } = await import('../containers/container.ts');
  return startContainer({
    mesh,
    image: host.images[client],
    network: host.network,
    files: { [IN_CONTAINER.caFile]: caPem },
    folders: { [IN_CONTAINER.protos]: PROTO_FOLDER },
  });
}

/** What was begun once for a key is what everybody gets. */
function onceFor<Key extends string, Value>(
  make: (key: Key) => Promise<Value>,
): (key: Key) => Promise<Value> {
  const made = new Map<Key, Promise<Value>>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
