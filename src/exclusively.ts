import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InterruptedError } from './errors.ts';

/** What a holder tells whoever connects, so that it can be named while it is waited for. */
const greeting = (pid: number): string => `${pid}\n`;

/**
 * Runs `work` while no other process of this machine does anything exclusively with the same thing. The lock is a
 * listening socket: whoever comes second connects to it and knows that the first has ended when the connection
 * closes, however it ended. On Linux the socket is an abstract one, which leaves no file and which the kernel
 * frees on SIGKILL too.
 *
 * @param thing what is locked: a cache folder, a mesh
 * @param waiting called with the holder's process id when there is one to wait for
 * @throws InterruptedError when `signal` aborts during the wait
 */
export async function exclusively<T>(
  thing: string,
  waiting: (pid: string) => void,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const address = addressFor(thing);
  let server = await listen(address);
  while (!server) {
    await holderGone(address, waiting, signal);
    server = await listen(address);
  }
  const held = server;
  try {
    return await work();
  } finally {
    await new Promise<void>((resolve) => {
      held.close(() => resolve());
      for (const socket of connections.get(held) ?? []) socket.destroy();
    });
  }
}

const connections = new WeakMap<Server, Set<{ destroy(): void }>>();

function addressFor(thing: string): string {
  const name = `meshproof-${createHash('sha256').update(thing).digest('hex').slice(0, 16)}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

/** The listening server, or nothing when another process has the address. */
async function listen(address: string): Promise<Server | undefined> {
  const open = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.write(greeting(process.pid));
  });
  connections.set(server, open);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      // The lock must not keep a process alive that has nothing else to do.
      server.unref();
      resolve(server);
    });
  });
}

async function holderGone(
  address: string,
  waiting: (pid: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const refused = await new Promise<boolean>((resolve, reject) => {
    const socket = createConnection(address);
    const onAbort = (): void => {
      socket.destroy();
      reject(new InterruptedError('interrupted while waiting for another meshproof to finish'));
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    let told = '';
    let failed = false;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      told += text;
      if (told.endsWith('\n')) waiting(told.trim());
    });
    socket.on('error', () => (failed = true));
    socket.on('close', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(failed && told === '');
    });
  });
  // A socket file nobody listens on is what a killed holder leaves where there are no abstract sockets.
  if (refused && !address.startsWith('\0')) await rm(address, { force: true });
}
