import { Metadata, status, type Client, type ServiceError } from '@grpc/grpc-js';
import { openClient } from '../clients/grpc-js.ts';
import { findMethod } from '../clients/protos.ts';
import type { Target, Transport } from '../clients/target.ts';
import { SetupError } from '../errors.ts';

/**
 * How many connections a load is spread over. On a single one HTTP/2's window of 64 KiB decides how many large messages
 * pass in a second, and with it how long the way is, not what it costs.
 */
const CONNECTIONS = 4;

/** RPCs of one kind, so many of them that a tap keeps all of their frames. */
export interface Load {
  readonly name: string;
  readonly method: 'mypackage.Greeter/SayHello' | 'mypackage.Greeter/StreamHellos';
  /** Octets of payload in the request, and in each reply. */
  readonly payloadBytes: number;
  /** Replies to one request. */
  readonly replies: number;
  /** RPCs under way at any time, over all connections. */
  readonly lanes: number;
  /** RPCs whose time is taken, after a tenth as many whose time is not. */
  readonly rpcs: number;
}

/** What a tap could cost: frames, octets, or both ends of many small messages. */
export const LOADS: readonly Load[] = [
  {
    name: 'unary, 16 B',
    method: 'mypackage.Greeter/SayHello',
    payloadBytes: 16,
    replies: 1,
    lanes: 32,
    rpcs: 2000,
  },
  {
    name: 'unary, 4 KiB',
    method: 'mypackage.Greeter/SayHello',
    payloadBytes: 4 * 1024,
    replies: 1,
    lanes: 32,
    rpcs: 2000,
  },
  {
    name: 'unary, 64 KiB',
    method: 'mypackage.Greeter/SayHello',
    payloadBytes: 64 * 1024,
    replies: 1,
    lanes: 8,
    rpcs: 600,
  },
  {
    name: 'server stream, 100 of 16 B',
    method: 'mypackage.Greeter/StreamHellos',
    payloadBytes: 16,
    replies: 100,
    lanes: 8,
    rpcs: 80,
  },
  {
    name: 'server stream, 100 of 4 KiB',
    method: 'mypackage.Greeter/StreamHellos',
    payloadBytes: 4 * 1024,
    replies: 100,
    lanes: 8,
    rpcs: 60,
  },
];

/** How many RPCs {@link drive} makes, those before its time included. */
export const rpcsOf = ({ rpcs }: Load): number => rpcs + warmUpOf(rpcs);

const warmUpOf = (rpcs: number): number => Math.ceil(rpcs / 10);

/**
 * Makes the RPCs of a load on fresh connections: a closed loop, each lane beginning one when its last one is over.
 *
 * @param service which of the two Deployments to call
 * @returns milliseconds that those took whose time is taken
 * @throws SetupError when one of them did not end with OK and all its replies
 */
export async function drive(
  load: Load,
  transport: Transport,
  target: Target,
  service: 'tapped' | 'untapped',
): Promise<number> {
  const clients = Array.from({ length: CONNECTIONS }, () =>
    openClient({ client: 'grpc-js', transport, method: load.method }, target, 'meshproof-bench'),
  );
  const metadata = new Metadata();
  metadata.set('x-frame-tap', service === 'tapped' ? 'on' : 'off');
  const one = (client: Client) => rpc(client, load, metadata);
  try {
    await repeat(one, clients, warmUpOf(load.rpcs), load.lanes);
    const started = performance.now();
    await repeat(one, clients, load.rpcs, load.lanes);
    return performance.now() - started;
  } finally {
    for (const client of clients) client.close();
  }
}

/** Each lane stays on one of the connections. */
async function repeat(
  one: (client: Client) => Promise<void>,
  clients: readonly Client[],
  times: number,
  lanes: number,
): Promise<void> {
  let begun = 0;
  const lane = async (client: Client) => {
    while (begun < times) {
      begun++;
      await one(client);
    }
  };
  await Promise.all(Array.from({ length: lanes / clients.length }, () => clients.map(lane)).flat());
}

function rpc(client: Client, { method, payloadBytes, replies }: Load, metadata: Metadata): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = findMethod(method);
  const request = { name: 'bench', count: replies, payload: Buffer.alloc(payloadBytes, 7) };
  const failed = (why: string) => new SetupError(`an RPC of the bench failed: ${why}`);
  return new Promise((resolve, reject) => {
    if (method === 'mypackage.Greeter/SayHello') {
      const over = (error: ServiceError | null) =>
        error === null ? resolve() : reject(failed(error.message));
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, over);
      return;
    }
    let left = replies;
    client
      .makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata)
      .on('data', () => left--)
      .on('error', () => undefined)
      .on('status', ({ code, details }) => {
        if (code === status.OK) return;
        reject(failed(details));
      })
      .on('end', () => {
        if (left === 0) resolve();
        else reject(failed(`${left} replies did not come`));
      });
  });
}
