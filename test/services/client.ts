import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import type { Entry, Sighting } from '../../services/contract.ts';
import { control, method } from './contract.ts';

/** A reply of any sample service. */
export interface Reply {
  readonly served_by: { readonly service: string; readonly pod: string; readonly version: string };
  readonly sequence: number;
  readonly payload: Buffer;
  readonly [field: string]: unknown;
}

/** All that a client saw of one RPC. */
export interface Outcome {
  readonly code: number;
  readonly details: string;
  /** Undefined if no initial metadata came. */
  readonly initial: Metadata | undefined;
  readonly trailing: Metadata;
  readonly replies: readonly Reply[];
  /** Milliseconds from the start of the RPC to each reply, and to the status. */
  readonly repliedAt: readonly number[];
  readonly endedAt: number;
}

export interface RpcOptions {
  readonly requests?: readonly object[];
  /** Keep the request side open, until the status. */
  readonly open?: boolean;
  readonly script?: object;
  readonly caseId?: string;
  readonly rpcId?: string;
  readonly metadata?: Readonly<Record<string, string | Buffer | readonly string[]>>;
  readonly deadlineMs?: number;
  /** Cancel so many milliseconds after the start. */
  readonly cancelMs?: number;
}

/**
 * A plain grpc-js client. Every RPC is driven as a bidirectional one, whatever its kind: on the wire the kinds do
 * not differ, and so nothing that a server sends is hidden by the client.
 */
export class TestClient {
  readonly #client: Client;

  constructor(address: string, options: Readonly<Record<string, number>> = {}) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
      ...options,
    });
  }

  rpc(path: string, options: RpcOptions = {}): Promise<Outcome> {
    const { path: fullPath, requestSerialize, responseDeserialize } = methodOrUnknown(path);
    const started = performance.now();
    const call = this.#client.makeBidiStreamRequest(
      fullPath,
      requestSerialize,
      responseDeserialize,
      metadataOf(options),
      options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs },
    );
    const replies: Reply[] = [];
    const repliedAt: number[] = [];
    let initial: Metadata | undefined;
    call.on('metadata', (metadata: Metadata) => (initial = metadata));
    call.on('data', (reply: Reply) => {
      replies.push(reply);
      repliedAt.push(performance.now() - started);
    });
    call.on('error', () => undefined);
    for (const request of options.requests ?? [{}]) call.write(request);
    if (options.open !== true) call.end();
    if (options.cancelMs !== undefined) setTimeout(() => call.cancel(), options.cancelMs);
    return new Promise((resolve) => {
      call.on('status', ({ code, details, metadata }: StatusObject) => {
        const endedAt = performance.now() - started;
        resolve({ code, details, initial, trailing: metadata, replies, repliedAt, endedAt });
      });
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** Reads the ledger. */
export class LedgerClient {
  readonly #client: TestClient;

  constructor(address: string) {
    this.#client = new TestClient(address);
  }

  async list(caseId: string, rpcId = ''): Promise<Entry[]> {
    const { code, details, replies } = await this.#client.rpc('meshproof.control.v1.Collector/List', {
      requests: [{ case_id: caseId, rpc_id: rpcId }],
    });
    if (code !== 0) throw new Error(`List: ${code} ${details}`);
    return (replies[0] as unknown as { entries: Entry[] }).entries;
  }

  /** Those of an RPC, and those that name none and began within the time. */
  async sightings(rpcId = '', from = 0, until = 0): Promise<readonly Sighting[]> {
    const { replies } = await this.#client.rpc('meshproof.control.v1.Collector/Sightings', {
      requests: [{ rpc_ids: [rpcId], nameless_from: from, nameless_until: until }],
    });
    return (replies[0] as unknown as { sightings: Sighting[] }).sightings;
  }

  async forget(caseId: string): Promise<number> {
    const { replies } = await this.#client.rpc('meshproof.control.v1.Collector/Forget', {
      requests: [{ case_id: caseId }],
    });
    return (replies[0] as unknown as { forgotten: number }).forgotten;
  }

  close(): void {
    this.#client.close();
  }
}

function methodOrUnknown(
  path: string,
): Pick<ReturnType<typeof method>, 'path' | 'requestSerialize' | 'responseDeserialize'> {
  try {
    return method(path);
  } catch {
    return {
      path: `/${path}`,
      requestSerialize: () => Buffer.alloc(0),
      responseDeserialize: () => ({}),
    };
  }
}

function metadataOf({ script, caseId, rpcId, metadata = {} }: RpcOptions): Metadata {
  const sent = new Metadata();
  for (const [key, values] of Object.entries(metadata)) {
    for (const value of Array.isArray(values) ? (values as readonly string[]) : [values as string | Buffer]) {
      sent.add(key, value);
    }
  }
  if (caseId !== undefined) sent.set('x-meshproof-case', caseId);
  if (rpcId !== undefined) sent.set('x-meshproof-rpc', rpcId);
  if (script !== undefined) sent.set('x-meshproof-script-bin', control('Script', script));
  return sent;
}
