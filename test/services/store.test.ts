import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, ListRequest } from '../../services/contract.ts';
import { Store } from '../../services/store.ts';

let ids = 0;
const entry = (caseId: string, more: Partial<Entry> = {}): Entry =>
  ({
    id: String((ids += 1)),
    case_id: caseId,
    rpc_id: '',
    request_id: '',
    revision: 0,
    started: ids,
    ...more,
  }) as Entry;
const listing = (more: Partial<ListRequest> = {}): ListRequest => ({
  case_id: '',
  rpc_id: '',
  request_id: '',
  limit: 0,
  ...more,
});

describe('the collector’s memory', () => {
  it('keeps the highest revision, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 1 }), (revisions) => {
        const store = new Store();
        for (const revision of revisions) store.write(entry('case', { id: 'one', revision }));
        expect(store.list(listing()).entries).toMatchObject([{ revision: Math.max(...revisions) }]);
      }),
    );
  });

  it('forgets the oldest case as a whole, never the only one', () => {
    const store = new Store(5);
    for (const caseId of ['a', 'a', 'b', 'a', 'b', 'c']) store.open(entry(caseId));
    expect(store.list(listing()).entries.map(({ case_id }) => case_id)).toEqual(['b', 'b', 'c']);
    const alone = new Store(2);
    for (let count = 0; count < 4; count++) alone.open(entry('a'));
    expect(alone.list(listing()).entries).toHaveLength(4);
  });

  it('keeps the newest thousand entries without a case', () => {
    const store = new Store();
    for (let count = 0; count < 1005; count++) store.write(entry('', { id: `e${count}`, started: count }));
    const { entries } = store.list(listing({ limit: 5000 }));
    expect(entries).toHaveLength(1000);
    expect(entries[0]).toMatchObject({ started: 5 });
  });

  it('lists by RPC id and by request id, the newest, in order of time', () => {
    const store = new Store();
    for (const [started, rpc_id] of [
      [3, 'x'],
      [1, 'x'],
      [2, 'y'],
      [4, 'x'],
    ] as const) {
      store.open(entry('case', { started, rpc_id, request_id: `r${started}` }));
    }
    const times = (request: Partial<ListRequest>): number[] =>
      store.list(listing(request)).entries.map(({ started }) => started);
    expect(times({ case_id: 'case' })).toEqual([1, 2, 3, 4]);
    expect(times({ case_id: 'case', rpc_id: 'x' })).toEqual([1, 3, 4]);
    expect(times({ request_id: 'r2' })).toEqual([2]);
    expect(times({ case_id: 'other' })).toEqual([]);
    expect(store.list(listing({ rpc_id: 'x', limit: 2 }))).toMatchObject({
      entries: [{ started: 3 }, { started: 4 }],
      left_out: 1,
    });
  });

  it('finds an RPC whatever cases it is of, and no longer once they are forgotten', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('', 'a', 'b', 'c'), fc.constantFrom('x', 'y', '')), {
          maxLength: 30,
        }),
        fc.constantFrom('a', 'b', 'c'),
        (written, forgotten) => {
          const store = new Store();
          for (const [caseId, rpc_id] of written) store.write(entry(caseId, { rpc_id }));
          const kept = written.filter(([caseId]) => caseId !== forgotten);
          expect(store.forget(forgotten)).toBe(written.length - kept.length);
          for (const rpc_id of ['x', 'y']) {
            const of = kept.filter(([, each]) => each === rpc_id);
            const all = store.list(listing({ rpc_id })).entries;
            expect(all.map(({ case_id }) => case_id).sort()).toEqual(of.map(([caseId]) => caseId).sort());
            for (const case_id of ['a', 'b', 'c'])
              expect(store.list(listing({ rpc_id, case_id })).entries).toHaveLength(
                of.filter(([caseId]) => caseId === case_id).length,
              );
          }
        },
      ),
    );
  });
});
