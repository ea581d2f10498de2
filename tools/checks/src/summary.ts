// Adds up the results of all test runs, for CI. The last line is `N passed, N failed, N skipped`; the names of failed
// tests are just before it.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowedSkips } from './allowed-skips.ts';
import { failuresIn, listedFailures, testReport } from './failed-tests.ts';
import { root } from './workspace.ts';

const files = globSync('{apps,packages,plugins,tools}/*/.vitest/*.json', { cwd: root });
const reports = files.map((file) => testReport.parse(JSON.parse(readFileSync(join(root, file), 'utf8'))));
const passed = reports.reduce((sum, { numPassedTests }) => sum + numPassedTests, 0);

const skipped = reports.flatMap(({ testResults }) =>
  testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, fullName }) => (status === 'passed' || status === 'failed' ? [] : [fullName])),
  ),
);
const unexpected = skipped
  .filter((name) => !allowedSkips.some((allowed) => name.startsWith(allowed)))
  .map((name) => `${name}: skipped, but not in allowed-skips.ts`);

const status = Number(process.argv[2] ?? 1);
const failures = [...failuresIn(reports), ...unexpected];
// A failed lint, type check or other step without a report counts as one failure.
if (failures.length === 0 && status !== 0) failures.push('a step without a failed test: see the output above');
for (const line of listedFailures(failures)) console.log(line);
console.log(`${passed} passed, ${failures.length} failed, ${skipped.length} skipped`);
process.exitCode = status === 0 && failures.length === 0 && reports.length > 0 ? 0 : 1;
