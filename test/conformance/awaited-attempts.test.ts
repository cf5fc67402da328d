import { expect, test } from 'vitest';
import { awaitedAttempts } from '../../src/conformance/awaited-attempts.ts';
import { someLine } from './samples.ts';

test.each([
  ['as many as are expected', { attempts: 4 }, [4], 4],
  ['no fewer because the gateway made more', { attempts: 1 }, [4], 1],
  ['no more than the gateway made', { attempts: 4 }, [1], 1],
  ['those of all its lines', { attempts: 4 }, [1, 2], 3],
  ['none that it never sent', { attempts: 1 }, [0], 0],
  ['mirrored ones, which it does not count', { attempts: 2, services: ['a', 'b'] }, [1], 2],
  ['no mirrored one of what was never sent', { attempts: 2, services: ['a', 'b'] }, [0], 0],
  ['as many as are expected of an RPC that passes no gateway', { attempts: 2 }, [], 2],
  ['as many as are expected where the gateway did not count', { attempts: 2 }, [null], 2],
])('the ledger is waited for: %s', (_, expected, made, awaited) => {
  expect(
    awaitedAttempts(
      expected,
      made.map((attempts) => someLine({ attempts })),
    ),
  ).toBe(awaited);
});
