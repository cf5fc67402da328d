import { describe, test } from 'vitest';
import { ownExamples } from './examples.ts';
import { canRunLocally } from './meshproof.ts';

describe.skipIf(!canRunLocally)("a team's own configuration, whole", () => {
  const examples = ownExamples('test-config-all');

  test.each(['shop', 'parcels'] as const)(
    'whatever is broken of %s is seen',
    { timeout: 15 * 60_000 },
    (example) => examples.provesAll(example),
  );
});
