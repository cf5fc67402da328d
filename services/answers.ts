import { status as Code } from '@grpc/grpc-js';
import type { SampleService } from './catalogue.ts';
import type { Identity } from './identity.ts';
import type { Rpc } from './rpc.ts';

const NAMES_IN_SUMMARY = 10;
const DEFAULT_COUNT = 3;

/** The RPC is answered with this status instead of going on. */
export class RefusalError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Kind {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** The fields that every request of package mypackage has; the domain's own is {@link SampleService.requestKey}. */
interface SampleRequest {
  readonly [domain: string]: unknown;
  readonly sequence: number;
  readonly payload: Buffer;
  readonly count: number;
  readonly interval_ms: number;
}

/** How a server reads the requests and makes the replies of one RPC: what scripts are played with. */
export interface Replies {
  /** Reads what must have come before the first step. */
  readRequest(): Promise<void>;
  /** Message Answer of the control contract. */
  answer(): Promise<void>;
  /** Message Echo: `count` requests, or all until the half-close if 0. */
  echo(count: number): Promise<void>;
  /** One reply of message Messages. */
  scripted(payloadBytes: number): Promise<void>;
}

/** What a sample service says by itself, and the replies that scripts make it send. */
export class Answers implements Replies {
  readonly #sample: SampleService;
  readonly #identity: Identity;
  readonly #kind: Kind;
  readonly #rpc: Rpc;
  #request: SampleRequest | undefined;

  constructor(sample: SampleService, identity: Identity, kind: Kind, rpc: Rpc) {
    this.#sample = sample;
    this.#identity = identity;
    this.#kind = kind;
    this.#rpc = rpc;
  }

  /**
   * Reads the one request, and the half-close, of a unary or server-streaming RPC.
   *
   * @throws RefusalError UNIMPLEMENTED for any other number of requests (gRPC's status codes page: "cardinality
   *   violation")
   */
  async readRequest(): Promise<void> {
    if (this.#kind.requestStream || this.#request !== undefined) return;
    const first = await this.#rpc.receive();
    if (first === undefined) throw new RefusalError(Code.UNIMPLEMENTED, 'meshproof: no request message came');
    const second = await this.#rpc.receive();
    if (second !== undefined)
      throw new RefusalError(Code.UNIMPLEMENTED, 'meshproof: a second request message came');
    this.#request = first as SampleRequest;
  }

  /** Message Answer of the control contract. */
  async answer(): Promise<void> {
    if (this.#kind.requestStream) await (this.#kind.responseStream ? this.echo(0) : this.#summarize());
    else {
      await this.readRequest();
      if (this.#request !== undefined) await this.#reply(this.#request);
    }
  }

  /** Message Echo: `count` requests, or all until the half-close if 0. */
  async echo(count: number): Promise<void> {
    if (!this.#kind.requestStream) {
      await this.readRequest();
      if (this.#request !== undefined)
        await this.#rpc.send(this.#echoOf(this.#request, this.#request.sequence));
      return;
    }
    for (let done = 0; count === 0 || done < count; done++) {
      const request = (await this.#rpc.receive()) as SampleRequest | undefined;
      if (request === undefined) return;
      await this.#rpc.send(this.#echoOf(request, request.sequence));
    }
  }

  /** Message Messages: the n-th reply of the RPC, whose payload's byte i is (n + i) modulo 256. */
  async scripted(payloadBytes: number): Promise<void> {
    const sequence = this.#nextSequence();
    await this.#rpc.send({ served_by: this.#identity, sequence, payload: patterned(sequence, payloadBytes) });
  }

  async #reply(request: SampleRequest): Promise<void> {
    if (!this.#kind.responseStream) {
      await this.#rpc.send(this.#echoOf(request, request.sequence));
      return;
    }
    if (request.count < 0 || request.interval_ms < 0) {
      throw new RefusalError(Code.INVALID_ARGUMENT, 'meshproof: count and interval_ms cannot be negative');
    }
    const count = request.count === 0 ? DEFAULT_COUNT : request.count;
    const turn = this.#rpc.pace(request.interval_ms);
    for (let sent = 0; sent < count; sent++) {
      await turn(sent);
      await this.#rpc.send(this.#echoOf(request, this.#nextSequence()));
    }
  }

  async #summarize(): Promise<void> {
    const names: string[] = [];
    let sequence = 0;
    let received = 0;
    let bytes = 0;
    for (;;) {
      const request = (await this.#rpc.receive()) as SampleRequest | undefined;
      if (request === undefined) break;
      if (names.length < NAMES_IN_SUMMARY) names.push(this.#nameIn(request));
      sequence = request.sequence;
      received += 1;
      bytes += request.payload.length;
    }
    await this.#rpc.send({
      [this.#sample.summaryKey]: this.#say(names.join(', ')),
      served_by: this.#identity,
      sequence,
      received,
      received_bytes: bytes,
    });
  }

  #echoOf(request: SampleRequest, sequence: number): object {
    return {
      [this.#sample.replyKey]: this.#say(this.#nameIn(request)),
      served_by: this.#identity,
      sequence,
      payload: request.payload,
    };
  }

  #nameIn(request: SampleRequest): string {
    return String(request[this.#sample.requestKey]);
  }

  #say(text: string): string {
    return `${this.#sample.prefix ?? ''}${text}`;
  }

  #nextSequence(): number {
    return this.#rpc.record.entry.sent_count + 1;
  }
}

/** Byte i is (sequence + i) modulo 256. */
export function patterned(sequence: number, length: number): Buffer {
  const pattern = Buffer.from(Array.from({ length: 256 }, (_, index) => (sequence + index) % 256));
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, pattern);
}
