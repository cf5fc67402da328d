import { randomUUID } from 'node:crypto';
import type { ClientInvocation } from '../clients/invocation.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { done, notYet, waitFor } from '../waiting.ts';
import type { CallRecord, CaseRecord } from './case-record.ts';
import type { Action } from './model.ts';
import type { Session } from './session.ts';

/** What the actions of a case act on. */
interface Scene {
  readonly session: Pick<Session, 'changeConfiguration' | 'restart'>;
  readonly signal: AbortSignal;
  /** The RPCs of the case that are under way and have received fewer messages; 0 asks for the response headers. */
  readonly behind: (messages: number) => readonly string[];
  /** How many RPCs the case has. */
  readonly calls: number;
  /** Makes calls and gathers what every witness says of them. */
  readonly call: (invocation: ClientInvocation, as: string) => Promise<readonly CallRecord[]>;
}

/**
 * Performs the actions of a case, each when the one before is done.
 *
 * @returns the calls they made, by the names they have given to them
 * @throws HarnessError when one could not be performed
 */
export async function performActions(
  actions: readonly Action[],
  scene: Scene,
): Promise<NonNullable<CaseRecord['meanwhile']>> {
  const { session } = scene;
  const made: Record<string, readonly CallRecord[]> = {};
  for (const action of ownNames(actions)) {
    if ('await' in action) await progress(action.await, scene);
    else if ('apply' in action) await session.changeConfiguration(action.apply, action.anew === true);
    else if ('restart' in action) await session.restart(action.restart);
    else made[action.as] = await scene.call(action.invoke, action.as);
  }
  return made;
}

/** Each run of a case has names of its own, where it asks for them. */
const ownNames = (actions: readonly Action[]): readonly Action[] =>
  JSON.parse(JSON.stringify(actions).replaceAll('$RUN', randomUUID().slice(0, 8))) as Action[];

function progress(
  awaited: Extract<Action, { readonly await: unknown }>['await'],
  { behind, calls, signal }: Scene,
): Promise<undefined> {
  const messages = awaited === 'response headers' || 'rpcs' in awaited ? 0 : awaited.messages;
  const allowed = awaited !== 'response headers' && 'rpcs' in awaited ? Math.max(0, calls - awaited.rpcs) : 0;
  const what = messages === 0 ? 'its response headers' : `${messages} message(s)`;
  const which = allowed === 0 ? 'each RPC' : `${calls - allowed} RPCs`;
  return waitFor(
    { subject: `${which} of the case to have ${what}`, deadlineMs: TIMEOUTS.rpc, intervalMs: 5, signal },
    () => {
      const { length } = behind(messages);
      return Promise.resolve(length <= allowed ? done(undefined) : notYet(`${length} of them do not`));
    },
  );
}
