import { defineConfig } from 'vitest/config';

/** The harness's own tests. The suites are run by `meshproof run`, which has a configuration of its own. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    watch: false,
  },
});
