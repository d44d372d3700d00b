import { defineConfig } from 'vitest/config';

// Against hanging alone: a slow or busy machine may take its time.
const shared = { testTimeout: 240_000, hookTimeout: 240_000 };

const config: ReturnType<typeof defineConfig> = defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/cli/**'] } },
      {
        test: { ...shared, name: 'cli', include: ['test/cli/*.test.ts'], globalSetup: ['test/cli/build.ts'] },
      },
    ],
  },
});

export default config;
