import { channel, type ChannelListener } from 'node:diagnostics_channel';
import type { ClientHttp2Stream, Http2Session, OutgoingHttpHeaders } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { ConnectionSeen, StreamSeen } from './fate.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Open {
  readonly seen: Writable<Omit<ConnectionSeen, 'goaways' | 'beganAtMs'>> & {
    readonly goaways: { atMs: number; code: number; lastStreamId: number }[];
    readonly beganAtMs: number[];
  };
}

const CREATED = 'http2.client.stream.created';
const CLOSED = 'http2.client.stream.close';

/** The metadata by which an RPC is told on its stream. */
const RPC_HEADER = 'x-meshproof-rpc';

const now = (): number => performance.timeOrigin + performance.now();

/**
 * Sees the HTTP/2 of every client of this process that stands on node:http2, grpc-js among them, by Node's own
 * diagnostics channels: the streams of each RPC, how each ended, and the GOAWAY frames and the end of each connection.
 * Nothing stands in the path of the bytes.
 */
export class Http2Watch implements Disposable {
  readonly #connections = new Map<Http2Session, Open>();
  readonly #all: Open[] = [];
  readonly #byRpc = new Map<string, Writable<StreamSeen>[]>();
  readonly #byStream = new WeakMap<ClientHttp2Stream, Writable<StreamSeen>>();
  readonly #wanted: (rpcId: string) => boolean;

  /** @param wanted which RPCs are followed */
  constructor(wanted: (rpcId: string) => boolean) {
    this.#wanted = wanted;
    channel(CREATED).subscribe(this.#created);
    channel(CLOSED).subscribe(this.#closed);
  }

  /** The streams that an RPC was sent on, in order. */
  streamsOf(rpcId: string): readonly StreamSeen[] {
    return this.#byRpc.get(rpcId) ?? [];
  }

  /** Every connection so far, by its number less one. */
  connections(): readonly ConnectionSeen[] {
    return this.#all.map(({ seen }) => seen);
  }

  [Symbol.dispose](): void {
    channel(CREATED).unsubscribe(this.#created);
    channel(CLOSED).unsubscribe(this.#closed);
  }

  readonly #created: ChannelListener = (message) => {
    const { stream, headers } = message as { stream: ClientHttp2Stream; headers: OutgoingHttpHeaders };
    const rpcId = headers[RPC_HEADER];
    const { session } = stream;
    if (typeof rpcId !== 'string' || session === undefined || !this.#wanted(rpcId)) return;
    const { seen: connection } = this.#connectionOf(session);
    const openedAtMs = now();
    connection.beganAtMs.push(openedAtMs);
    const seen: Writable<StreamSeen> = { connection: connection.connection, streamId: 0, openedAtMs };
    this.#byStream.set(stream, seen);
    const streams = this.#byRpc.get(rpcId);
    if (streams === undefined) this.#byRpc.set(rpcId, [seen]);
    else streams.push(seen);
  };

  readonly #closed: ChannelListener = (message) => {
    const { stream } = message as { stream: ClientHttp2Stream };
    const seen = this.#byStream.get(stream);
    if (seen === undefined) return;
    seen.closedAtMs = now();
    seen.streamId = stream.id ?? 0;
    seen.code = stream.rstCode;
    // Node takes the session away from a stream that ends because the session does, and then makes up a code; a session
    // that is closing already has at least lost its socket by then.
    const { session } = stream;
    seen.connectionLost = session === undefined || session.destroyed || session.socket.destroyed;
  };

  #connectionOf(session: Http2Session): Open {
    const known = this.#connections.get(session);
    if (known !== undefined) return known;
    const open: Open = {
      seen: { connection: this.#all.length + 1, openedAtMs: now(), goaways: [], beganAtMs: [] },
    };
    this.#connections.set(session, open);
    this.#all.push(open);
    session.on('goaway', (code: number, lastStreamId: number) => {
      open.seen.goaways.push({ atMs: now(), code, lastStreamId });
    });
    session.once('close', () => {
      open.seen.closedAtMs = now();
      this.#connections.delete(session);
    });
    const serial = serialOf(session);
    if (serial !== undefined) open.seen.certificate = serial;
    return open;
  }
}

/** The serial number as the Secret's is told: lower case, without leading zeros. */
function serialOf(session: Http2Session): string | undefined {
  const { socket } = session;
  // A session's socket is a proxy of the real one, which passes getters on.
  const certificate = (socket as Partial<TLSSocket>).getPeerCertificate?.();
  return certificate?.serialNumber === undefined || certificate.serialNumber === ''
    ? undefined
    : certificate.serialNumber.toLowerCase().replace(/^0+/, '');
}
