import { SetupError } from '../../errors.ts';
import { hasStatus } from '../../kubernetes/apply.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { done, notYet, waitFor } from '../../waiting.ts';
import type { Connection } from './connect.ts';

/** Deletes a namespace and waits until it is gone, with all that is in it. */
export async function removeNamespace({ cluster }: Connection, name: string): Promise<void> {
  await cluster.core.deleteNamespace({ name }).catch((error: unknown) => {
    // One that is on its way out answers 409.
    if (!hasStatus(error, 404) && !hasStatus(error, 409)) {
      throw new SetupError(`the namespace ${name} cannot be deleted`, { cause: error });
    }
  });
  await waitFor(
    { subject: `the namespace ${name} to be gone`, deadlineMs: TIMEOUTS.namespaceGone, intervalMs: 100 },
    async () => {
      try {
        const { status } = await cluster.core.readNamespace({ name });
        const [holdup] = (status?.conditions ?? []).filter((condition) => condition.status === 'True');
        return notYet(holdup?.message ?? status?.phase ?? 'still there');
      } catch (error) {
        if (hasStatus(error, 404)) return done(undefined);
        throw error;
      }
    },
  );
}
