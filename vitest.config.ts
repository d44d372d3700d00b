import { defineConfig } from 'vitest/config';

const shared = { testTimeout: 60_000, hookTimeout: 120_000 };

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
