import type { Case } from './model.ts';
import type { Session } from './session.ts';

/** A session of one case among those that share a restart. */
interface Party {
  readonly session: Session;
  /** To be called when the case has ended, whether or not it has asked for the restart. */
  leave(): void;
}

/**
 * The Deployment whose pods a case has replaced, where that is all it changes: cases that have the same one replaced
 * may run at once, and share it.
 */
export function restartOf({ alone, actions = [] }: Case): string | undefined {
  const restarted = actions.flatMap((action) => ('restart' in action ? action.restart : []));
  const changesMore = alone === true || actions.some((action) => 'apply' in action);
  return restarted.length === 1 && !changesMore ? restarted[0] : undefined;
}

/** One replacement of pods for several cases that run at once. It begins when each of them has asked for it. */
export class SharedRestart {
  #awaited: number;
  #perform: (() => Promise<void>) | undefined;
  readonly #over = Promise.withResolvers<undefined>();

  /** @param parties how many cases share it; each has to {@link join} */
  constructor(parties: number) {
    this.#awaited = parties;
  }

  join(session: Session): Party {
    let asked = false;
    const noLongerAwaited = () => {
      if (asked) return;
      asked = true;
      this.#awaited -= 1;
      if (this.#awaited === 0) this.#perform?.().then(() => this.#over.resolve(undefined), this.#over.reject);
    };
    return {
      session: {
        ...session,
        restart: (deployment, changed) => {
          this.#perform ??= () => session.restart(deployment, changed);
          noLongerAwaited();
          return this.#over.promise;
        },
      },
      leave: noLongerAwaited,
    };
  }
}
