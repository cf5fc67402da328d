/**
 * The process that owns a local mesh, run inside the mesh's namespaces. It brings everything up, tells the
 * command that started it how far it is, and then only watches: when it ends, the kernel ends the mesh.
 */
import { readFile } from 'node:fs/promises';
import { type ComponentDiedError, HarnessError, messageOf } from '../../errors.ts';
import type { Activity, Progress } from '../../progress.ts';
import type { CommandMessage, SupervisorMessage, SupervisorSettings } from './protocol.ts';
import { MeshFolder } from './registry.ts';

function tell(message: SupervisorMessage): void {
  // After the command detached there is nobody to tell; what matters is in the mesh's folder.
  if (process.connected) process.send?.(message);
}

/** Progress that is drawn by the process at the other end of the channel. */
function remoteProgress(): Progress {
  let last = 0;
  return {
    begin(title): Activity {
      const id = ++last;
      tell({ type: 'begin', id, title });
      return {
        detail: (text) => tell({ type: 'detail', id, text }),
        done: () => tell({ type: 'end', id }),
        failed: (text) => tell({ type: 'end', id, failed: text }),
      };
    },
    note: (text) => tell({ type: 'note', text }),
  };
}

const settingsFile = process.argv[2];
if (settingsFile === undefined) throw new Error('usage: supervisor.ts SETTINGS.json');
const settings = JSON.parse(await readFile(settingsFile, 'utf8')) as SupervisorSettings;
const folder = new MeshFolder(settings.home, settings.name);

let detached = false;
process.on('message', (_message: CommandMessage) => {
  detached = true;
  // The command waits for this before it closes the channel: from here on it may end without ending the mesh.
  tell({ type: 'detached' });
});
process.on('disconnect', () => {
  if (!detached) process.exit(1);
});

async function report(error: unknown): Promise<void> {
  const problem = messageOf(error);
  const [name, hint] = error instanceof HarnessError ? [error.name, error.hint] : ['SetupError', ''];
  await folder.update({ phase: 'broken', problem }).catch(() => undefined);
  tell({ type: 'problem', name, message: error instanceof HarnessError ? error.message : problem, hint });
}

const abort = new AbortController();
try {
  const onDeath = (death: ComponentDiedError) => {
    abort.abort(death);
    void report(death);
  };
  const environment =
    settings.kind === 'local'
      ? await (await import('./bring-up.ts')).bringUp(settings, folder, remoteProgress(), abort, onDeath)
      : await (
          await import('../kind/bring-up.ts')
        ).bringUp(settings, folder, remoteProgress(), abort, onDeath);
  await folder.update({ phase: 'ready', environment });
  tell({ type: 'ready', environment });
} catch (error) {
  await report(abort.signal.aborted ? abort.signal.reason : error);
}
