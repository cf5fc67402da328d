import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { messageOf } from '../../errors.ts';
import type { NodeComponent } from '../environment.ts';
import type { Components } from './component.ts';

/** In /run, which is the mount namespace's own: whoever is inside the mesh finds it, and nobody else. */
export const RESTART_SOCKET = '/run/meshproof/restart.sock';

/** What is answered when it is done; anything else says why it is not. */
export const RESTARTED = 'restarted';

const ON_REQUEST: readonly NodeComponent[] = ['kubelet', 'containerd'];

/** Restarts the node's components for whoever asks: one line with a name, one line in answer. */
export function serveRestarts(
  components: Pick<Components, 'restart'>,
  socket = RESTART_SOCKET,
): Promise<void> {
  const server = createServer((connection) => {
    // Who asks may be gone before the answer.
    connection.on('error', () => connection.destroy());
    createInterface(connection).once('line', (name) => {
      void restart(components, name).then((answer) => connection.end(`${answer}\n`));
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
}

async function restart(components: Pick<Components, 'restart'>, name: string): Promise<string> {
  if (!ON_REQUEST.some((each) => each === name)) return `${JSON.stringify(name)} is not restarted on request`;
  try {
    await components.restart(name);
    return RESTARTED;
  } catch (error) {
    return messageOf(error);
  }
}
