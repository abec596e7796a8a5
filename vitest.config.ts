import { defineConfig } from 'vitest/config';

const EXCLUDED = ['**/node_modules/**', 'dist/**', '.tools/**', '.skep/**'];
/** Slow by nature: real engines, whole programs, thousands of seeds. */
const SLOW = ['**/*.engine.test.ts', 'test/scenarios/**', 'test/simulation/**'];

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...EXCLUDED, ...SLOW],
          // Password hashes and whole Compose files cost CPU: a limit for what hangs, not for speed.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'engine',
          include: ['**/*.engine.test.ts'],
          exclude: EXCLUDED,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'scenario',
          include: ['test/scenarios/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They mostly wait, each on an installation of its own.
          maxWorkers: 3,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['{agent,cli,controller,engine,kit,proto,schemas}/**/*.ts'],
      exclude: [
        '**/*.test.ts',
        '**/testing/**',
        '**/gen/**',
        '**/generated/**',
        // Nothing runs in them but what scenarios start as whole programs.
        '**/main.ts',
        '**/check-health.ts',
        'cli/{start,skep-agent,skep-controller}.ts',
      ],
      reporter: ['text-summary'],
      thresholds: {
        lines: 80,
        'controller/core/**': { lines: 95 },
        'engine/**': { lines: 95 },
        'agent/core/**': { lines: 95 },
      },
    },
  },
});
