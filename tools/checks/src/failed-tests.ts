// The failures of test reports, for the end of a CI record.
import { relative } from 'node:path';
import { z } from 'zod';
import { root } from './workspace.ts';

export const testReport = z.object({
  numPassedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});
export type TestReport = z.output<typeof testReport>;

/** Each failed test, and each file that failed without a failed test: at its import, or before or after its tests. */
export function failuresIn(reports: readonly TestReport[]): readonly string[] {
  return reports.flatMap(({ testResults }) =>
    testResults.flatMap(({ name, status, assertionResults }) => {
      const file = relative(root, name);
      const failed = assertionResults.filter((test) => test.status === 'failed');
      if (failed.length === 0) return status === 'failed' ? [`${file}: the file`] : [];
      return failed.map(({ fullName }) => `${file}: ${fullName}`);
    }),
  );
}

const maxListed = 20;

/** A line for each failure, and at most `maxListed` of them: a CI record may show only the end of the output. */
export function listedFailures(failures: readonly string[]): readonly string[] {
  const lines = failures.slice(0, maxListed).map((failure) => `FAILED ${failure}`);
  const more = failures.length - lines.length;
  return more > 0 ? [...lines, `FAILED ${more} more`] : lines;
}
