import {
  Metadata,
  ServerInterceptingCall,
  status as Code,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { RefusalError, type Kind, type Replies } from './answers.ts';
import { Arrivals, type Arrival } from './arrivals.ts';
import type { KnownConnections } from './connections.ts';
import type { Script } from './contract.ts';
import { refuseStream } from './faults.ts';
import { sign, type Identity } from './identity.ts';
import { LedgerUnavailableError, type Ledger } from './ledger.ts';
import { timeoutMs } from './metadata.ts';
import type { Protos } from './protos.ts';
import type { RpcRecord } from './record.ts';
import { Rpc, RpcOverError } from './rpc.ts';
import { NO_SCRIPT, Player } from './script.ts';
import { objectionTo } from './script-rules.ts';
import type { Sightings } from './sightings.ts';
import { readUserAgent } from './user-agent.ts';

const SCRIPT_HEADER = 'x-meshproof-script-bin';
const MAX_TIMER_MS = 0x7fff_ffff;

/** Makes what the RPCs of a service are answered by. */
export type MakeReplies = (kind: Kind, rpc: Rpc) => Replies;

export interface Interception {
  /** Undefined for a service whose own handlers serve it. */
  readonly repliesOf: (service: string) => MakeReplies | undefined;
  /** Called for every RPC before grpc-js looks for its handler. */
  readonly arriving?: (path: string) => void;
  readonly identity: Identity;
  readonly ledger: Ledger;
  readonly sightings: Sightings;
  readonly protos: Protos;
  readonly connections: KnownConnections;
}

/**
 * Stands before every RPC of a server: opens and closes its entry in the ledger, signs its trailing metadata and,
 * for the sample services, plays its script. Health and reflection go on to their own handlers.
 */
export class Interceptor {
  readonly #parts: Interception;
  readonly #scripts: { deserialize(bytes: Buffer): Script };
  readonly #arrivals: Arrivals;
  readonly #read = new WeakMap<Arrival, Script | Error>();

  constructor(parts: Interception) {
    this.#parts = parts;
    this.#scripts = parts.protos.control<Script>('Script');
    this.#arrivals = new Arrivals(parts.connections, {
      arrived: (arrival) => this.#arrived(arrival),
      unclaimed: (arrival) => this.#unclaimed(arrival),
    });
  }

  /** To be given to grpc-js. */
  readonly intercept: ServerInterceptor = (method, call) => {
    const arrival = this.#arrivals.claim(method.path);
    if (arrival instanceof Error) return refused(call, arrival);
    if (isRefused(arrival)) return new ServerInterceptingCall(call, { start: () => undefined });
    const record = this.#begin(arrival);
    record.peerIs(call.getAuthContext().sslPeerCertificate?.subjectaltname);
    const replies = this.#parts.repliesOf(record.entry.service);
    if (replies === undefined) return this.#observe(call, record);
    return new ServerInterceptingCall(call, {
      // The handler behind is never started; the RPC is driven from here.
      start: () => {
        const serialize = (message: object) => method.responseSerialize(message);
        void this.#serve(new Rpc(call, arrival, record, serialize), replies, method);
      },
    });
  };

  #arrived(arrival: Arrival): void {
    if (isRefused(arrival)) {
      refuseStream(arrival.stream);
      return;
    }
    const { headers } = arrival;
    this.#parts.arriving?.(headers[':path'] ?? '');
    readUserAgent(headers);
    // A timer of Node cannot be that long; grpc-js would end the RPC at once.
    if (timeoutMs(String(headers['grpc-timeout'])) > MAX_TIMER_MS) delete headers['grpc-timeout'];
    const header = headers[SCRIPT_HEADER];
    if (typeof header !== 'string') return;
    try {
      const script = this.#scripts.deserialize(Buffer.from(header, 'base64'));
      this.#read.set(arrival, script);
      // What grpc-js is not told it cannot enforce; the ledger reads the raw headers.
      if (script.ignore_deadline) delete headers['grpc-timeout'];
    } catch (error) {
      this.#read.set(arrival, new Error(`${SCRIPT_HEADER} is not a Script`, { cause: error }));
    }
  }

  /** grpc-js has answered by itself: a method, or a content type, it does not know. */
  #unclaimed(arrival: Arrival): void {
    if (!isRefused(arrival)) this.#begin(arrival);
  }

  #begin(arrival: Arrival): RpcRecord {
    const { ledger, sightings } = this.#parts;
    const record = ledger.record(arrival);
    const closed = () => {
      record.streamClosed();
      ledger.note(record);
      sightings.closed(arrival.connection, record.entry);
    };
    // What grpc-js has answered by itself may be over before anyone is asked.
    if (arrival.stream.destroyed) closed();
    else arrival.stream.once('close', closed);
    return record;
  }

  async #serve(rpc: Rpc, replies: MakeReplies, kind: Kind): Promise<void> {
    const { ledger, identity, protos } = this.#parts;
    try {
      await ledger.open(rpc.record);
      rpc.check();
      const script = this.#scriptOf(rpc);
      rpc.compressBy(script.compress);
      await new Player(script, rpc, replies(kind, rpc), ledger, identity, protos).play();
    } catch (error) {
      await this.#fail(rpc, error);
    }
  }

  /** @throws RefusalError if it cannot be played */
  #scriptOf(rpc: Rpc): Script {
    const read = this.#read.get(rpc.arrival);
    if (read === undefined) return NO_SCRIPT;
    const objection = read instanceof Error ? read.message : objectionTo(read, rpc.record.entry.case_id);
    if (read instanceof Error || objection !== undefined) {
      throw new RefusalError(Code.INVALID_ARGUMENT, `meshproof: ${objection ?? ''}`);
    }
    return read;
  }

  async #fail(rpc: Rpc, error: unknown): Promise<void> {
    const { ledger, identity } = this.#parts;
    if (error instanceof RpcOverError) {
      rpc.record.overFromOutside();
      if (rpc.record.entry.case_id !== '') ledger.note(rpc.record);
      return;
    }
    // After the status there is nobody left to tell.
    if (rpc.ended) return;
    const { code, details } = statusOf(error);
    rpc.record.statusSent(code, details);
    // If the collector is what is missing, the client learns it all the same.
    await ledger.write(rpc.record).catch(() => undefined);
    rpc.end({ code, details, metadata: sign(new Metadata(), identity) });
  }

  #observe(call: ServerInterceptingCallInterface, record: RpcRecord): ServerInterceptingCall {
    const { ledger, identity } = this.#parts;
    const fail = (error: unknown): void => {
      const { code, details } = statusOf(error);
      record.statusSent(code, details);
      call.sendStatus({ code, details, metadata: sign(new Metadata(), identity) });
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, go) => void ledger.open(record).then(() => go(metadata), fail),
          onReceiveMessage: (message: object, go) => {
            record.messageReceived(message);
            go(message);
          },
          onReceiveHalfClose: (go) => {
            record.halfCloseSeen();
            go();
          },
        }),
      sendMetadata: (metadata, go) => {
        record.headersSent();
        go(metadata);
      },
      sendMessage: (message: object, go) => {
        go(message);
        record.messageSent(message);
      },
      sendStatus: (status, go) => {
        record.statusSent(status.code, status.details);
        const metadata = sign(status.metadata?.clone() ?? new Metadata(), identity);
        void ledger.write(record).then(() => go({ ...status, metadata }), fail);
      },
    });
  }
}

const isRefused = ({ stream, connection }: Arrival): boolean =>
  connection.tap?.faults.refuses(stream) ?? false;

/** An RPC that cannot even be recorded. */
function refused(call: ServerInterceptingCallInterface, { message }: Error): ServerInterceptingCall {
  const status = { code: Code.INTERNAL, details: `meshproof: ${message}` };
  return new ServerInterceptingCall(call, { start: () => call.sendStatus(status) });
}

function statusOf(error: unknown): { code: Code; details: string } {
  if (error instanceof RefusalError) return { code: error.code, details: error.message };
  if (error instanceof LedgerUnavailableError)
    return { code: Code.FAILED_PRECONDITION, details: error.message };
  return {
    code: Code.INTERNAL,
    details: `meshproof: ${error instanceof Error ? error.message : String(error)}`,
  };
}
