import { Metadata, type ServerInterceptingCallInterface, type StatusObject } from '@grpc/grpc-js';
import type { Arrival } from './arrivals.ts';
import { compressedFrame } from './compression.ts';
import type { RpcRecord } from './record.ts';

/** The RPC ended from outside: cancelled, connection lost, deadline. Nothing more can be done for it. */
export class RpcOverError extends Error {}

/**
 * One RPC with all its kinds' abilities, driven by hand: what grpc-js's handlers hide (when headers are flushed,
 * a status before the request was read, more than one reply to a unary RPC) is open here. Everything that happens
 * goes into the ledger's record.
 */
export class Rpc {
  readonly arrival: Arrival;
  readonly record: RpcRecord;
  readonly #call: ServerInterceptingCallInterface;
  readonly #serialize: (message: object) => Buffer;
  #compression = '';
  /** Ends the one thing that is being waited for. */
  #interrupt: (() => void) | undefined;
  #received: ((message: object | undefined) => void) | undefined;
  #halfClosed = false;
  #statusSent = false;
  #over = false;
  readonly #flushed = Promise.withResolvers<undefined>();

  /** @param serialize writes a reply message */
  constructor(
    call: ServerInterceptingCallInterface,
    arrival: Arrival,
    record: RpcRecord,
    serialize: (message: object) => Buffer,
  ) {
    this.#call = call;
    this.#serialize = serialize;
    this.arrival = arrival;
    this.record = record;
    arrival.stream.once('close', () => this.#end());
    call.start({
      onReceiveMetadata: () => undefined,
      onReceiveMessage: (message: object) => {
        record.messageReceived(message);
        this.#received?.(message);
      },
      onReceiveHalfClose: () => {
        record.halfCloseSeen();
        this.#halfClosed = true;
        this.#received?.(undefined);
      },
      // Called after every RPC's status too, once HTTP/2 has taken it.
      onCancel: () => this.#end(),
    });
  }

  /** Whether anything, headers or more, has been sent. */
  get begun(): boolean {
    return this.record.entry.headers_sent !== 0;
  }

  /** The status has been given to {@link end}. */
  get ended(): boolean {
    return this.#statusSent;
  }

  /**
   * Reads one request.
   *
   * @returns undefined at the half-close
   * @throws RpcOverError
   */
  receive(): Promise<object | undefined> {
    if (this.#halfClosed) return Promise.resolve(undefined);
    return this.#until((resolve) => {
      this.#received = resolve;
      this.#call.startRead();
    });
  }

  /** Replies are compressed so from here on: `gzip` or `deflate`. */
  compressBy(name: string): void {
    this.#compression = name;
  }

  /** Sends the initial metadata in a HEADERS frame, unless it has been sent. */
  sendHeaders(metadata: Metadata): void {
    if (this.begun) return;
    if (this.#compression !== '' && metadata.get('grpc-encoding').length === 0)
      metadata.set('grpc-encoding', this.#compression);
    this.record.headersSent();
    this.#call.sendMetadata(metadata);
  }

  /**
   * Sends one message, when the flow-control windows let it.
   *
   * @throws RpcOverError
   */
  send(message: object): Promise<void> {
    if (this.#compression !== '') this.sendHeaders(new Metadata());
    return this.#until((resolve) => {
      if (this.#compression === '') this.#call.sendMessage(message, resolve);
      else {
        const frame = compressedFrame(this.#compression, this.#serialize(message));
        this.arrival.stream.write(frame, () => resolve(undefined));
      }
      this.record.messageSent(message);
    });
  }

  /** Sends the final status; at once, if the RPC is not over. */
  end(status: StatusObject): void {
    this.#statusSent = true;
    this.#call.sendStatus(status);
  }

  /** Waits until HTTP/2 has taken the status, or the RPC is over. */
  async flushed(): Promise<void> {
    await this.#flushed.promise;
    await new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * Before the status: ends early when the RPC does.
   *
   * @throws RpcOverError
   */
  wait(ms: number): Promise<void> {
    if (this.#statusSent) return new Promise((resolve) => setTimeout(resolve, ms).unref());
    let timer: NodeJS.Timeout | undefined;
    return this.#until<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ms);
    }).finally(() => clearTimeout(timer));
  }

  /**
   * Begins a pace, now. What one turn is late the next ones are less and less, so that an hour of them is an hour; no two
   * turns are nearer to each other than nine tenths of `ms`.
   *
   * @returns waits for the turn of that number, `turn` times `ms` milliseconds from the pace's beginning
   */
  pace(ms: number): (turn: number) => Promise<void> {
    const begun = performance.now();
    let last = -Infinity;
    return async (turn) => {
      const left = Math.max(begun + turn * ms, last + 0.9 * ms) - performance.now();
      if (left > 0) await this.wait(left);
      else this.check();
      last = performance.now();
    };
  }

  /** @throws RpcOverError if the RPC ended from outside */
  check(): void {
    if (this.#over && !this.#statusSent) throw new RpcOverError();
  }

  async #until<T>(begin: (resolve: (value: T) => void) => void): Promise<T> {
    this.check();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#interrupt = () => reject(new RpcOverError());
    begin(resolve);
    try {
      return await promise;
    } finally {
      this.#interrupt = undefined;
    }
  }

  #end(): void {
    this.#over = true;
    this.#flushed.resolve(undefined);
    this.#interrupt?.();
  }
}
