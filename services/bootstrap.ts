import { existsSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Bootstrap } from './identity.ts';

/** Whether the file that tells a gRPC library of its control plane is there now. */
export const lookForBootstrap = (file: string): Bootstrap => (existsSync(file) ? 'present' : 'absent');

/** Waits for the file that tells a gRPC library of its control plane; its folder must be there. */
export async function bootstrapWritten(file: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const look = () => {
    if (existsSync(file)) resolve(undefined);
  };
  const watcher = watch(dirname(file), look);
  look();
  await promise;
  watcher.close();
}
