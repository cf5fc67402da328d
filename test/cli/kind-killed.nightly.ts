import { describe, test } from 'vitest';
import { canStartDocker, killedDuring } from './kind-killing.ts';
import { aloneWithMachineState } from './meshproof.ts';

describe.skipIf(!canStartDocker)('a run on kind that is killed', () => {
  aloneWithMachineState();

  test.each(['Docker daemon', 'Cluster (kind create)', 'Images into the node', 'Istio', 'Suites'])(
    'during the step "%s" leaves nothing that down --all does not remove',
    killedDuring,
  );
});
