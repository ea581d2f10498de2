// The one test set-up: every project runs its own folder with it.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.int.test.ts'],
    reporters: ['default', 'json'],
    outputFile: { json: '.vitest/results.json' },
    allowOnly: false,
    passWithNoTests: false,
    testTimeout: 30_000,
  },
});
