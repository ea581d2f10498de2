import { join } from 'node:path';
import { expect, it } from 'vitest';
import { failuresIn, listedFailures } from './failed-tests.ts';
import { root } from './workspace.ts';

const fileOf = (name: string, status: string, tests: Readonly<Record<string, string>>) => ({
  name: join(root, name),
  status,
  assertionResults: Object.entries(tests).map(([fullName, one]) => ({ fullName, status: one })),
});

it('each failed test is named with its file, and a file that failed without a failed test', () => {
  const testResults = [
    fileOf('packages/a/src/one.test.ts', 'failed', { 'a works': 'passed', 'b works': 'failed', 'c works': 'failed' }),
    fileOf('packages/a/src/two.test.ts', 'failed', {}),
    fileOf('packages/a/src/three.test.ts', 'passed', { 'd works': 'passed', 'e works': 'skipped' }),
  ];
  const other = [fileOf('apps/b/test/four.int.test.ts', 'failed', { 'f works': 'passed' })];
  expect(
    failuresIn([
      { numPassedTests: 2, testResults },
      { numPassedTests: 1, testResults: other },
    ]),
  ).toEqual([
    'packages/a/src/one.test.ts: b works',
    'packages/a/src/one.test.ts: c works',
    'packages/a/src/two.test.ts: the file',
    'apps/b/test/four.int.test.ts: the file',
  ]);
});

it('at most 20 failures are listed, and how many there are beside them', () => {
  const failures = Array.from({ length: 23 }, (_, number) => `${number}`);
  expect(listedFailures(failures.slice(0, 20))).toHaveLength(20);
  expect(listedFailures(failures)).toHaveLength(21);
  expect(listedFailures(failures).at(-1)).toBe('FAILED 3 more');
});
