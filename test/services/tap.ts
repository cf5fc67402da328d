import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const TYPES = ['DATA', 'HEADERS', 'PRIORITY', 'RST_STREAM', 'SETTINGS', 'PUSH_PROMISE', 'PING', 'GOAWAY'];

/** What a server sent on one connection, in order. */
export class Tap {
  /** Such as `HEADERS 1`, `DATA 1 END_STREAM`, `RST_STREAM 1 code 7`, `GOAWAY last 0 code 2 "why"`, `FIN`, `RST`. */
  readonly frames: string[] = [];
  readonly address: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, frames: string[]) {
    this.#server = server;
    this.#sockets = sockets;
    this.frames = frames;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A proxy before `port`. */
  static start(port: number): Promise<Tap> {
    const sockets = new Set<Socket>();
    const frames: string[] = [];
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      sockets.add(near).add(far);
      let unread = Buffer.alloc(0);
      near.on('data', (bytes) => far.write(bytes));
      far.on('data', (bytes) => {
        near.write(bytes);
        unread = Buffer.concat([unread, bytes]);
        for (;;) {
          const length = unread.length < 9 ? Infinity : 9 + unread.readUIntBE(0, 3);
          if (unread.length < length) break;
          const frame = named(unread.subarray(0, length));
          if (frame !== undefined) frames.push(frame);
          unread = unread.subarray(length);
        }
      });
      far.on('end', () => frames.push('FIN'));
      far.on('error', () => frames.push('RST'));
      far.on('close', () => near.destroy());
      near.on('error', () => undefined);
      near.on('close', () => far.destroy());
    });
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(new Tap(server, sockets, frames)));
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Frames that keep a connection going (SETTINGS, PING, WINDOW_UPDATE) are left out. */
function named(frame: Buffer): string | undefined {
  const type = TYPES[frame.readUInt8(3)];
  const stream = frame.readUInt32BE(5);
  const payload = frame.subarray(9);
  switch (type) {
    case 'DATA':
    case 'HEADERS': {
      const end = (frame.readUInt8(4) & 1) === 1 ? ' END_STREAM' : '';
      return type === 'DATA' && payload.length === 0 && end === '' ? undefined : `${type} ${stream}${end}`;
    }
    case 'RST_STREAM':
      return `${type} ${stream} code ${payload.readUInt32BE(0)}`;
    case 'GOAWAY': {
      const debug = payload.length > 8 ? ` "${payload.subarray(8).toString()}"` : '';
      return `${type} last ${payload.readUInt32BE(0)} code ${payload.readUInt32BE(4)}${debug}`;
    }
    default:
      return undefined;
  }
}
