import { defineConfig } from 'vitest/config';

const full = process.env['MLC_E2E'] === 'full';

/** Packed packages in an empty project, real engines; `MLC_E2E=full` adds the slow matrix, `*.full.test.ts`. */
export default defineConfig({
  test: {
    name: 'e2e',
    root: import.meta.dirname,
    include: ['test/**/*.test.ts'],
    exclude: full ? [] : ['test/**/*.full.test.ts'],
    globalSetup: ['src/global-setup.ts'],
    // One world, two cores: files take turns so that builds and engines do not measure each other.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});
