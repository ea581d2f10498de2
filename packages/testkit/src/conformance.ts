// The conformance suites as Vitest tests: `import { describeDestination, describeLog } from '@xiq-siem/testkit/conformance'`.
import { describe, test } from 'vitest';
import { faultRules } from './destination-fault-rules.ts';
import { withDestinationFixture } from './destination-fixture.ts';
import {
  type DestinationHarness,
  type DestinationUnderTest,
  isNotApplicable,
  noClosableDatasets,
} from './destination-harness.ts';
import { type DestinationRule, healthyRules } from './destination-rules.ts';
import { type LogRule, withLogFixture } from './log-fixture.ts';
import type { LogHarness, LogUnderTest } from './log-harness.ts';
import { lossRules } from './log-loss-rules.ts';
import { readRules } from './log-read-rules.ts';
import { storageRules } from './log-storage-rules.ts';

/** All rules, in the order of their tests. */
export const logRules: readonly LogRule[] = [...storageRules, ...readRules, ...lossRules];

/** All rules, in the order of their tests. */
export const destinationRules: readonly DestinationRule[] = [...healthyRules, ...faultRules];

/** Why a rule cannot be tested with this harness; undefined if it can. */
export function reasonNotApplicable({ needs }: DestinationRule, harness: DestinationHarness): string | undefined {
  const { requests, connections, faults } = harness;
  const capabilities = { requests, connections, ...faults, closeDataset: faults.closeDataset ?? noClosableDatasets };
  for (const need of needs) {
    const capability = capabilities[need];
    if (isNotApplicable(capability)) return `${need}: ${capability.notApplicable}`;
  }
  return undefined;
}

/** Defines a test for each rule. Skips a rule that the harness does not support, and reports the reason. */
export function describeDestination(name: string, underTest: DestinationUnderTest): void {
  describe(`${name} is a destination`, () => {
    test.for(destinationRules)('$name', async (rule, { skip }) => {
      await withDestinationFixture(underTest, async (fixture) => {
        const reason = reasonNotApplicable(rule, fixture.harness);
        if (reason !== undefined) skip(`not applicable: ${reason}`);
        const skipped = await rule.run(fixture);
        if (skipped !== undefined) skip(`not applicable: ${skipped.notApplicable}`);
      });
    });
  });
}

/** Why a rule cannot be tested with this harness; undefined if it can. */
export function reasonLogRuleNotApplicable({ needs }: LogRule, harness: LogHarness): string | undefined {
  for (const need of needs) {
    const capability = harness[need];
    if (isNotApplicable(capability)) return `${need}: ${capability.notApplicable}`;
  }
  return undefined;
}

/** Defines a test for each rule. Skips a rule that the harness does not support, and reports the reason. */
export function describeLog(name: string, underTest: LogUnderTest): void {
  describe(`${name} is a log`, () => {
    test.for(logRules)('$name', async (rule, { skip }) => {
      await withLogFixture(underTest, async (fixture) => {
        const reason = reasonLogRuleNotApplicable(rule, fixture.harness);
        if (reason !== undefined) skip(`not applicable: ${reason}`);
        await rule.run(fixture);
      });
    });
  });
}
