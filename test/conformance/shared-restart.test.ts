import { expect, test } from 'vitest';
import type { Session } from '../../src/conformance/session.ts';
import { SharedRestart, restartOf } from '../../src/conformance/shared-restart.ts';
import { suites } from '../../suites/index.ts';

/** A session that notes what is restarted, and fails at it if it is to. */
function noting(failure?: Error): { readonly session: Session; readonly restarted: string[] } {
  const restarted: string[] = [];
  const restart = (deployment: string): Promise<void> => {
    restarted.push(deployment);
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  };
  return { session: { restart } as unknown as Session, restarted };
}

test('the pods are replaced once, when every case has asked for it', async () => {
  const { session, restarted } = noting();
  const shared = new SharedRestart(2);
  const [first, second] = [shared.join(session), shared.join(session)];
  let over = false;
  const asked = first.session.restart('orders').then(() => {
    over = true;
  });
  await new Promise(setImmediate);
  expect({ restarted, over }).toEqual({ restarted: [], over: false });
  await second.session.restart('orders');
  await asked;
  for (const party of [first, second]) party.leave();
  expect({ restarted, over }).toEqual({ restarted: ['orders'], over: true });
});

test('a case that ends without asking is not waited for', async () => {
  const { session, restarted } = noting();
  const shared = new SharedRestart(3);
  const [early, asking, late] = [shared.join(session), shared.join(session), shared.join(session)];
  early.leave();
  const asked = asking.session.restart('orders');
  late.leave();
  await asked;
  expect(restarted).toEqual(['orders']);
});

test('when nobody asks nothing is replaced', () => {
  const { session, restarted } = noting();
  const shared = new SharedRestart(1);
  shared.join(session).leave();
  expect(restarted).toEqual([]);
});

test('each of them learns that it failed', async () => {
  const { session } = noting(new Error('no pod came'));
  const shared = new SharedRestart(2);
  const asked = [shared.join(session), shared.join(session)].map((each) => each.session.restart('orders'));
  for (const each of asked) await expect(each).rejects.toThrow('no pod came');
});

test('only what replaces pods, and changes nothing else, may be shared', () => {
  const sharing = suites.flatMap(({ cases }) => cases).filter((each) => restartOf(each) !== undefined);
  expect(new Set(sharing.map((each) => restartOf(each)))).toContain('ingress gateway');
  for (const { actions = [] } of sharing) expect(actions.some((action) => 'apply' in action)).toBe(false);
});
