import { defineConfig } from 'vitest/config';

/** The harness's own tests. The suites are run by `meshproof run`, which has a configuration of its own. */
export default defineConfig({
  test: {
    watch: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          // They bring up real meshes, several at once where that is the point, and one test at a time.
          name: 'mesh',
          include: ['test/**/*.mesh.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          // A cold toolchain is built by whoever needs it first.
          hookTimeout: 45 * 60_000,
        },
      },
    ],
  },
});
