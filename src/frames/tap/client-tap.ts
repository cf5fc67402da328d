import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { messageOf } from '../../errors.ts';
import { ConnectionLog } from '../timeline/connection-log.ts';
import type { ConnectionTimeline } from '../timeline/events.ts';
import { peerOf, type Sender } from '../wire/protocol.ts';
import { readClientHello, type ClientHello } from './client-hello.ts';
import { now, Recorder, type RecorderLimits } from './recorder.ts';
import type { TlsImpersonator } from './tls-legs.ts';

export interface ClientTapOptions {
  /** The listener of the gateway that clients would otherwise speak to. */
  readonly target: { readonly address: string; readonly port: number };
  /** Where to listen; default a free port of 127.0.0.1. A client that insists on port 443 needs an address of its own. */
  readonly listen?: { readonly address: string; readonly port: number };
  /** Speaks TLS for the tap when clients do. Without it TLS passes unread. */
  readonly tls?: TlsImpersonator;
  readonly limits?: RecorderLimits;
}

interface Tapped {
  readonly recorder: Recorder;
  readonly log: ConnectionLog;
  open: boolean;
}

/**
 * A proxy before one listener of the gateway, which writes down both directions of each connection. It passes on
 * what it gets when it gets it, the end of a direction and resets too.
 */
export class ClientTap implements AsyncDisposable {
  readonly #options: ClientTapOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #connections: Tapped[] = [];
  #count = 0;

  private constructor(options: ClientTapOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#accept(near));
  }

  /** @throws the error of listen(2), such as EADDRINUSE */
  static async start(options: ClientTapOptions): Promise<ClientTap> {
    const tap = new ClientTap(options);
    const { address, port } = options.listen ?? { address: '127.0.0.1', port: 0 };
    await new Promise<void>((resolve, reject) => {
      tap.#server.once('error', reject).listen(port, address, resolve);
    });
    return tap;
  }

  /** The port it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The address it listens on. */
  get address(): string {
    return (this.#server.address() as AddressInfo).address;
  }

  /** Decodes what was seen by now. To be called when the RPC is over, since this takes time off the path. */
  connections(): ConnectionTimeline[] {
    return this.#connections.map(({ log }) => log.timeline());
  }

  /** Drops closed connections and streams, so that a tap that lives long stays small. */
  forgetClosed(): void {
    this.#connections = this.#connections.filter(({ open }) => open);
    for (const { log } of this.#connections) {
      log.decode();
      log.forgetClosed();
    }
  }

  /** Cuts all connections. What was recorded can still be read. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket): void {
    this.#hold(near);
    const openedAtMs = now();
    const { tls } = this.#options;
    if (tls === undefined) this.#joinRaw(near, openedAtMs);
    else
      this.#greet(near, openedAtMs, tls).catch((error: unknown) => {
        this.#record(openedAtMs, `the tap failed: ${messageOf(error)}`).open = false;
        near.destroy();
      });
  }

  /** Reads what the client wants of TLS, and has the gateway asked for the same. */
  async #greet(near: Socket, openedAtMs: number, tls: TlsImpersonator): Promise<void> {
    const hello = await firstBytes(near);
    if (hello === 'no') {
      this.#joinRaw(near, openedAtMs);
      return;
    }
    const { address, port } = this.#options.target;
    const legs = await tls.handshake(near, hello, address, port);
    if ('refused' in legs) {
      // The client's own bytes get the gateway's own refusal.
      this.#joinRaw(near, openedAtMs, `no handshake with the gateway: ${legs.refused}`);
      return;
    }
    for (const socket of [legs.far, legs.rawFar, legs.near]) this.#hold(socket);
    const raw = { client: near, server: legs.rawFar };
    const tapped = this.#record(openedAtMs, legs.description);
    this.#join({ client: legs.near, server: legs.far }, raw, tapped, legs.greeted);
  }

  #joinRaw(near: Socket, openedAtMs: number, tls = ''): void {
    const { address: host, port } = this.#options.target;
    const far = connect({ host, port, allowHalfOpen: true, noDelay: true });
    this.#hold(far);
    const ends = { client: near, server: far };
    this.#join(ends, ends, this.#record(openedAtMs, tls));
  }

  #record(openedAtMs: number, tls: string): Tapped {
    const recorder = new Recorder(this.#options.limits);
    const facts = { leg: 'client', number: ++this.#count, openedAtMs, tls } as const;
    const tapped = { recorder, log: new ConnectionLog(facts, recorder), open: true };
    this.#connections.push(tapped);
    return tapped;
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
  }

  /**
   * @param raw the TCP sockets under the ends, which resets have to go to
   * @param greeted over when the client's handshake is
   */
  #join(
    ends: Record<Sender, Socket>,
    raw: Record<Sender, Socket>,
    tapped: Tapped,
    greeted: Promise<void> = Promise.resolve(),
  ): void {
    // In TLS 1.3 the gateway turns a client without a certificate away when to that the handshake is over (RFC 8446,
    // section 4.4.2.4), so the tap does not do it sooner. Node tells of the alert, or only of the end.
    const reset = (whom: Sender): void =>
      void (whom === 'server' ? Promise.resolve() : greeted).then(() => raw[whom].resetAndDestroy());
    const pump = (from: Sender): void => {
      const source = ends[from];
      const sink = ends[peerOf(from)];
      let over = false;
      let silent = true;
      const end = (how: 'FIN' | 'RST'): void => {
        if (!over) tapped.recorder.ended(from, how);
        over = true;
      };
      if (source.destroyed || source.readableEnded) end('FIN');
      source.on('data', (chunk: Buffer) => {
        silent = false;
        tapped.recorder.bytes(from, chunk);
        if (!sink.write(chunk)) source.pause();
      });
      sink.on('drain', () => source.resume());
      source.on('end', () => {
        end('FIN');
        if (from === 'server' && silent && source !== raw.server) reset('client');
        else sink.end();
      });
      source.on('error', (error: NodeJS.ErrnoException) => {
        // A connection that never came about is told from one that was reset.
        if (error.syscall === 'connect') tapped.recorder.note(from, 0, `no connection: ${error.message}`);
        end('RST');
        reset(peerOf(from));
      });
      source.on('close', () => {
        end('FIN');
        tapped.open = false;
        void (from === 'client' ? Promise.resolve() : greeted).then(() => sink.destroySoon());
      });
    };
    pump('client');
    pump('server');
    // It was stopped when its first bytes had been read, and may be gone since.
    if (ends.client.destroyed) ends.server.destroy();
    // So may the gateway.
    if (ends.server.destroyed || ends.server.readableEnded) reset('client');
    ends.client.resume();
  }
}

/** The client's hello, still to be read by TLS; `no` when it does not speak TLS. */
function firstBytes(near: Socket): Promise<ClientHello | 'no'> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const settle = (hello: ClientHello | 'no'): void => {
      near.off('data', take).off('close', gone).pause();
      if (bytes.length > 0) near.unshift(bytes);
      resolve(hello);
    };
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const hello = readClientHello(bytes);
      if (hello !== 'more') settle(hello);
    };
    const gone = (): void => settle('no');
    near.on('data', take).once('end', gone).once('close', gone);
  });
}
