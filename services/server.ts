import type { Server, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { Answers } from './answers.ts';
import type { SampleService } from './catalogue.ts';
import { collectorImplementation } from './collector.ts';
import { plainDoor, type Door, type OpenDoor } from './door.ts';
import type { Identity } from './identity.ts';
import { Interceptor, type Interception } from './interception.ts';
import { Ledger } from './ledger.ts';
import { measured } from './message-sizes.ts';
import type { Protos } from './protos.ts';
import { Sightings } from './sightings.ts';
import { AnyMethod, RawReplies } from './stand-in.ts';

/** High enough that the limits under test are the mesh's, not this server's. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const OPTIONS = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  // Scripts bound what is sent.
  'grpc.max_send_message_length': -1,
  'grpc.enable_channelz': 0,
};

export interface RunningServer {
  readonly port: number;
  /** Full names, health and reflection aside. */
  readonly services: readonly string[];
  /**
   * Says NOT_SERVING, takes no more connections, sends GOAWAY and lets RPCs end; cuts those that are left after
   * the grace.
   */
  drain(graceMs: number): Promise<void>;
}

/** Where a server listens, and where its ledger is kept. */
export interface Place {
  readonly port: number;
  /** Ports beside it, which lead to the same; default none. */
  readonly further?: readonly number[];
  readonly collectorAddress: string | undefined;
  /** See HTTP/2 frames, and be able to do faults to them. */
  readonly tapped: boolean;
  /** How connections come; default plaintext on the port. */
  readonly door?: OpenDoor;
}

/** Starts the server of a sample Deployment. */
export async function serveSamples(
  samples: readonly SampleService[],
  identity: Identity,
  protos: Protos,
  place: Place,
): Promise<RunningServer> {
  const byName = new Map(samples.map((sample) => [sample.name, sample]));
  const names = [...byName.keys()];
  const add = (server: Server) => {
    // No handlers: the interceptor serves these itself.
    for (const name of names) server.addService(measured(protos.service(name)), {});
  };
  const repliesOf: Interception['repliesOf'] = (service) => {
    const sample = byName.get(service);
    return sample && ((kind, rpc) => new Answers(sample, identity, kind, rpc));
  };
  return serve({ names, add, repliesOf }, identity, protos, place);
}

/** Services that a stand-in does not stand in for: it has them itself. */
const OWN = /^grpc\.(health|reflection)\./;

/** Starts a server that answers every method of every service, as whoever its identity names. */
export async function serveStandIn(identity: Identity, protos: Protos, place: Place): Promise<RunningServer> {
  let any: AnyMethod | undefined;
  const serving: Serving = {
    names: [],
    add: (server) => (any = new AnyMethod(server)),
    arriving: (path) => any?.learn(path),
    repliesOf: (service) => (OWN.test(service) ? undefined : (_kind, rpc) => new RawReplies(rpc)),
  };
  return serve(serving, identity, protos, place);
}

type Serving = Pick<Interception, 'repliesOf' | 'arriving'> & {
  readonly names: readonly string[];
  readonly add: (server: Server) => void;
};

async function serve(
  { names, add, ...serving }: Serving,
  identity: Identity,
  protos: Protos,
  { port, further = [], collectorAddress, tapped, door }: Place,
): Promise<RunningServer> {
  const ledger = new Ledger(protos, identity, collectorAddress);
  const sightings = new Sightings(ledger);
  const open =
    door ?? plainDoor([port, ...further], tapped ? identity.pod : undefined, (each) => sightings.watch(each));
  const opened = open((connections) => {
    const interceptor = new Interceptor({ ...serving, identity, ledger, sightings, protos, connections });
    return { ...OPTIONS, interceptors: [interceptor.intercept] };
  });
  add(opened.server);
  return run(opened, names, protos, () => ledger.close());
}

/** Starts the server that keeps the ledger. */
export async function serveCollector(protos: Protos, port: number): Promise<RunningServer> {
  const name = 'meshproof.control.v1.Collector';
  const door = plainDoor([port], undefined)(() => OPTIONS);
  door.server.addService(protos.service(name), collectorImplementation());
  return run(door, [name], protos, () => Promise.resolve());
}

async function run(
  door: Door,
  names: readonly string[],
  protos: Protos,
  afterwards: () => Promise<void>,
): Promise<RunningServer> {
  const { server } = door;
  const health = addHealth(server, names);
  addReflection(server, names, protos);
  const port = await door.listen();
  const drain = async (graceMs: number): Promise<void> => {
    for (const name of ['', ...names]) health.setStatus(name, 'NOT_SERVING');
    const lastClosed = door.stopListening();
    const cut = setTimeout(() => door.destroy(), graceMs);
    // Sends GOAWAY. Its callback does not wait for the RPCs when connections are injected.
    server.tryShutdown(() => undefined);
    await lastClosed;
    clearTimeout(cut);
    await afterwards();
  };
  return { port, services: names, drain };
}

function addHealth(server: Server, names: readonly string[]): HealthImplementation {
  const serving = ['', ...names].map((name) => [name, 'SERVING'] as const);
  const health = new HealthImplementation(Object.fromEntries(serving));
  health.addToServer(measuring(server));
  return health;
}

function addReflection(server: Server, names: readonly string[], protos: Protos): void {
  const services = [...names, 'grpc.health.v1.Health'];
  new ReflectionService(protos.definition, { services }).addToServer(measuring(server));
}

/** A place to add a library's services to, so that the ledger knows the lengths of their messages too. */
function measuring(server: Server): Pick<Server, 'addService'> {
  return {
    addService: (definition: ServiceDefinition, implementation: UntypedServiceImplementation): void => {
      server.addService(measured(definition), implementation);
    },
  };
}
