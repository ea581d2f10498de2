// Adds up the results of all test runs, for CI. The last line is `N passed, N failed, N skipped`.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { allowedSkips } from './allowed-skips.ts';
import { root } from './workspace.ts';

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

const files = globSync('{apps,packages,plugins,tools}/*/.vitest/*.json', { cwd: root });
const reports = files.map((file) => report.parse(JSON.parse(readFileSync(join(root, file), 'utf8'))));
const count = (key: 'numPassedTests' | 'numFailedTests'): number =>
  reports.reduce((sum, { [key]: value }) => sum + value, 0);

const skipped = reports.flatMap(({ testResults }) =>
  testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, fullName }) => (status === 'passed' || status === 'failed' ? [] : [fullName])),
  ),
);
const unexpected = skipped.filter((name) => !allowedSkips.some((allowed) => name.startsWith(allowed)));
for (const name of unexpected) console.error(`skipped, but not in allowed-skips.ts: ${name}`);

// A failed lint, type check or other step without a report counts as one failure.
const status = Number(process.argv[2] ?? 1);
const broken = reports.every(({ success }) => success) && status !== 0 ? 1 : 0;
const failed = count('numFailedTests') + unexpected.length + broken;
console.log(`${count('numPassedTests')} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = status === 0 && failed === 0 && reports.length > 0 ? 0 : 1;
