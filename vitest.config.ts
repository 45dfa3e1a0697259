import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    reporters: ['default', ['json', { outputFile: 'coverage/tests.json' }]],
    coverage: {
      provider: 'v8',
      include: [
        'src/config/**',
        'src/locks/**',
        'src/images/**',
        'src/schedule/**',
        'src/proposal/**',
        'src/diff/**',
        'src/plan.ts',
        'src/report/**',
      ],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
