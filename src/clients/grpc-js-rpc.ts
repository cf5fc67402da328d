import type { EventEmitter } from 'node:events';
import {
  Metadata,
  type CallOptions,
  type Client,
  type ClientReadableStream,
  type ClientWritableStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { callMetadata, type CallIds } from './call-metadata.ts';
import type { Course } from './course.ts';
import { statusName } from './grpc-status.ts';
import type { GrpcJsInvocation } from './invocation.ts';
import { receivedMessage } from './messages.ts';
import type { ReceivedMetadata } from './metadata.ts';
import { findMethod, type Method } from './protos.ts';
import type { ReceivedMessage, RpcRecord } from './record.ts';

/** What the calls of all four kinds have in common. */
type AnyCall = Pick<EventEmitter, 'once'> & { cancel(): void };

/** One RPC: one method for each kind, all of which fill the same record. */
export class GrpcJsRpc {
  readonly #invocation: GrpcJsInvocation;
  readonly #client: Client;
  readonly #method: Method;
  readonly #ids: CallIds;
  readonly #signal: AbortSignal;
  readonly #course: Course;
  readonly #requests: readonly object[];
  readonly #messages: ReceivedMessage[] = [];
  readonly #sentAtMs: number[] = [];
  #initialMetadata: ReceivedMetadata = {};
  #sendNext: () => void = () => undefined;
  #started = 0;
  #over = false;

  constructor(
    invocation: GrpcJsInvocation,
    client: Client,
    ids: CallIds,
    signal: AbortSignal,
    course: Course,
  ) {
    this.#invocation = invocation;
    this.#client = client;
    this.#method = findMethod(invocation.method);
    this.#ids = ids;
    this.#signal = signal;
    this.#course = course;
    this.#requests = invocation.requests ?? [{}];
  }

  async run(): Promise<RpcRecord> {
    const startedAt = new Date().toISOString();
    this.#started = performance.now();
    const { requestStream, responseStream } = this.#method;
    const status = await (requestStream
      ? responseStream
        ? this.#bidi()
        : this.#clientStream()
      : responseStream
        ? this.#serverStream()
        : this.#unary());
    this.#course.over(this.#ids.rpcId);
    return {
      kind: 'rpc',
      client: 'grpc-js',
      rpcId: this.#ids.rpcId,
      startedAt,
      ...(status === undefined
        ? { error: 'no status: the harness gave up and cancelled the RPC' }
        : { status: { name: statusName(status.code), details: status.details } }),
      initialMetadata: this.#initialMetadata,
      trailers: status === undefined ? {} : fromGrpcJs(status.metadata),
      messages: this.#messages,
      sentAtMs: this.#sentAtMs,
      endedAtMs: this.#clock(),
    };
  }

  #unary(): Promise<StatusObject | undefined> {
    const { path, requestSerialize, responseDeserialize } = this.#method;
    this.#sentAtMs.push(this.#clock());
    const call = this.#client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.#requests[0] ?? {},
      this.#metadata(),
      this.#options(),
      (_error, reply) => this.#received(reply),
    );
    this.#cancelEarly(call);
    return this.#status(call);
  }

  #clientStream(): Promise<StatusObject | undefined> {
    const { path, requestSerialize, responseDeserialize } = this.#method;
    const call = this.#client.makeClientStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.#metadata(),
      this.#options(),
      (_error, reply) => this.#received(reply),
    );
    const status = this.#status(call);
    this.#send(call);
    return status;
  }

  #serverStream(): Promise<StatusObject | undefined> {
    const { path, requestSerialize, responseDeserialize } = this.#method;
    this.#sentAtMs.push(this.#clock());
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.#requests[0] ?? {},
      this.#metadata(),
      this.#options(),
    );
    this.#cancelEarly(call);
    return this.#read(call);
  }

  #bidi(): Promise<StatusObject | undefined> {
    const { path, requestSerialize, responseDeserialize } = this.#method;
    const call = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.#metadata(),
      this.#options(),
    );
    const status = this.#read(call);
    this.#send(call);
    return status;
  }

  /** Writes the requests as the invocation spaces them, then half-closes. */
  #send(call: ClientWritableStream<object>): void {
    const { pingPong = false, requestIntervalMs = 0, halfClose = 'after-last-request' } = this.#invocation;
    let next = 0;
    let release = halfClose === 'after-actions' ? this.#course.released : undefined;
    let held = release !== undefined;
    let begun: number | undefined;
    this.#sendNext = () => {
      while (!this.#over) {
        const request = this.#requests[next];
        if (held && next >= this.#requests.length - 1) {
          void release?.then(() => {
            held = false;
            this.#sendNext();
          });
          release = undefined;
          return;
        }
        if (request === undefined) {
          if (next === this.#requests.length) {
            next++;
            if (halfClose !== 'after-status') call.end();
            this.#cancelEarly(call);
          }
          return;
        }
        next++;
        this.#sentAtMs.push(this.#clock());
        if (requestIntervalMs > 0) {
          const sent = next;
          call.write(request, () => {
            // Counted from when there was a connection for the first one; one that was late is caught up with slowly.
            const now = performance.now();
            begun ??= now;
            const left = begun + sent * requestIntervalMs - now;
            setTimeout(this.#sendNext, Math.max(left, 0.9 * requestIntervalMs));
          });
          return;
        }
        call.write(request);
        if (pingPong) return;
      }
    };
    this.#sendNext();
  }

  /** Takes the messages in as they come, to the very end: the status may be there before the last one is read. */
  async #read(call: ClientReadableStream<object>): Promise<StatusObject | undefined> {
    const ended = new Promise<void>((resolve) => call.once('end', resolve).once('close', resolve));
    let pausing: NodeJS.Timeout | undefined;
    call.on('data', (reply: object) => {
      this.#received(reply);
      if (this.#messages.length === this.#invocation.cancelAfterMessages) call.cancel();
      if (this.#invocation.pingPong === true) this.#sendNext();
      // After the first message: grpc-js holds nothing back before anybody has read.
      if (this.#messages.length !== 1 || this.#invocation.pausesForMs === undefined) return;
      call.pause();
      pausing = setTimeout(() => call.resume(), this.#invocation.pausesForMs);
    });
    // Every failure arrives as a status too; without a listener the stream would throw it.
    call.on('error', () => undefined);
    const status = await this.#status(call);
    clearTimeout(pausing);
    call.resume();
    if (status !== undefined) await ended;
    return status;
  }

  /** The final status; undefined when the harness had to give up. */
  #status(call: AnyCall): Promise<StatusObject | undefined> {
    call.once('metadata', (metadata: Metadata) => {
      this.#initialMetadata = fromGrpcJs(metadata);
      this.#course.headers(this.#ids.rpcId);
    });
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#over = true;
        resolve(undefined);
        call.cancel();
      };
      this.#signal.addEventListener('abort', giveUp, { once: true });
      call.once('status', (status: StatusObject) => {
        this.#over = true;
        this.#signal.removeEventListener('abort', giveUp);
        resolve(status);
      });
      if (this.#signal.aborted) giveUp();
    });
  }

  #received(reply: object | undefined): void {
    if (reply === undefined) return;
    this.#messages.push(receivedMessage(this.#clock(), reply));
    this.#course.message(this.#ids.rpcId);
  }

  #cancelEarly(call: AnyCall): void {
    // Handed over first: a call that is cancelled in the same turn never leaves the client.
    if (this.#invocation.cancelAfterMessages === 0) setTimeout(() => call.cancel(), CANCEL_EARLY_MS);
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    for (const [key, value] of callMetadata(this.#ids, this.#invocation.script, this.#invocation.metadata)) {
      metadata.add(key, key.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    }
    return metadata;
  }

  #options(): CallOptions {
    const { deadlineMs } = this.#invocation;
    return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  }

  #clock(): number {
    return performance.now() - this.#started;
  }
}

/** Milliseconds after its last request at which an RPC with `cancelAfterMessages: 0` is cancelled. */
const CANCEL_EARLY_MS = 200;

/** All values of all keys; grpc-js has already decoded what is binary. */
function fromGrpcJs(metadata: Metadata): ReceivedMetadata {
  const keys = Object.keys(metadata.getMap());
  return Object.fromEntries(
    keys.map((key) => [
      key,
      metadata.get(key).map((value) => (typeof value === 'string' ? value : value.toString('base64'))),
    ]),
  );
}
