// The vitest configuration for the integration tests of all projects, used by `testbed test`.
const large = process.env['XIQ_TESTBED_FULL'] === '1' ? [] : ['**/*.full.int.test.ts'];

// biome-ignore lint/style/noDefaultExport: vitest requires it.
export default {
  test: {
    include: ['**/*.int.test.ts'],
    exclude: ['**/node_modules/**', ...large],
    reporters: ['default', 'json'],
    outputFile: { json: 'tools/testbed/.vitest/real-results.json' },
    allowOnly: false,
    passWithNoTests: false,
    // An Elasticsearch needs a core to start, and up to 0.8 GB.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
};
