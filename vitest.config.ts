import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/long-first.ts';

const ALONE = ['test/traffic/*.mesh.ts'];
const ALONE_AT_NIGHT = ['test/traffic/*.nightly.ts'];

/**
 * How many files of mesh tests run at a time. A test mostly waits for its mesh, so two keep the two cores busy that the
 * project is tested on; CI, which nobody waits for, takes one.
 */
const LANES = Number(process.env.MESH_TEST_LANES ?? 2);

/** A cold toolchain is built by whoever needs it first. */
const MESH_LIMITS = { testTimeout: 300_000, hookTimeout: 45 * 60_000 };

/** The harness's own tests. The suites are run by `meshproof run`, which has a configuration of its own. */
export default defineConfig({
  test: {
    watch: false,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          // vitest leaves a core to itself, which of two is half of them.
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          // They bring up real meshes, several at once where that is the point.
          name: 'mesh',
          include: ['test/**/*.mesh.ts'],
          exclude: ALONE,
          maxWorkers: LANES,
          sequence: { groupOrder: 0 },
          ...MESH_LIMITS,
        },
      },
      {
        test: {
          // What takes more than its share of the time that a push may wait for its tests.
          name: 'nightly',
          include: ['test/**/*.nightly.ts'],
          exclude: ALONE_AT_NIGHT,
          maxWorkers: LANES,
          sequence: { groupOrder: 0 },
          ...MESH_LIMITS,
        },
      },
      // Live traffic says what a mesh loses only where nothing else wants the processor.
      ...Object.entries({ 'mesh-alone': ALONE, 'nightly-alone': ALONE_AT_NIGHT }).map(
        ([name, include], i) => ({
          test: { name, include, maxWorkers: 1, sequence: { groupOrder: 1 + i }, ...MESH_LIMITS },
        }),
      ),
    ],
  },
});
