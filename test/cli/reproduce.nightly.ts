import { describe, test } from 'vitest';
import { SCENARIOS } from '../../suites/scenarios.ts';
import { canRunLocally } from './meshproof.ts';
import { ownReproducing } from './reproducing.ts';

describe.skipIf(!canRunLocally)('meshproof reproduce, the catalogue', () => {
  const { mends } = ownReproducing('test-reproduce-all');

  test.each(SCENARIOS.map(({ id }) => id))('%s shows, is diagnosed, and is mended', async (id) => {
    await mends(id);
  });
});
