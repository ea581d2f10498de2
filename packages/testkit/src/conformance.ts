// The conformance suites as vitest tests: `import { describeDestination, describeLog } from '@xiq-siem/testkit/conformance'`.
import { describe, test } from 'vitest';
import { faultRules } from './destination-fault-rules.ts';
import { withDestinationFixture } from './destination-fixture.ts';
import {
  type DestinationHarness,
  type DestinationUnderTest,
  isNotApplicable,
  oneStream,
} from './destination-harness.ts';
import { type DestinationRule, healthyRules } from './destination-rules.ts';
import { type LogRule, withLogFixture } from './log-fixture.ts';
import type { LogHarness, LogUnderTest } from './log-harness.ts';
import { keptRules } from './log-kept-rules.ts';
import { lossRules } from './log-loss-rules.ts';
import { readRules } from './log-read-rules.ts';

/** All rules, in the order in which they are tried. */
export const logRules: readonly LogRule[] = [...keptRules, ...readRules, ...lossRules];

/** All rules, in the order in which they are tried. */
export const destinationRules: readonly DestinationRule[] = [...healthyRules, ...faultRules];

/** Why a rule cannot be tried with this harness; undefined if it can. */
export function reasonNotToTry({ needs }: DestinationRule, harness: DestinationHarness): string | undefined {
  const { requests, connections, faults } = harness;
  const abilities = { requests, connections, ...faults, closeDataset: faults.closeDataset ?? oneStream };
  for (const need of needs) {
    const ability = abilities[need];
    if (isNotApplicable(ability)) return `${need}: ${ability.notApplicable}`;
  }
  return undefined;
}

/** A test for each rule. One that the harness has no means for is skipped by name, with the harness's reason. */
export function describeDestination(name: string, underTest: DestinationUnderTest): void {
  describe(`${name} is a destination`, () => {
    test.for(destinationRules)('$name', async (rule, { skip }) => {
      await withDestinationFixture(underTest, async (fixture) => {
        const reason = reasonNotToTry(rule, fixture.harness);
        if (reason !== undefined) skip(`not applicable: ${reason}`);
        const nothing = await rule.run(fixture);
        if (nothing !== undefined) skip(`not applicable: ${nothing.notApplicable}`);
      });
    });
  });
}

/** Why a rule cannot be tried with this harness; undefined if it can. */
export function reasonNotToTryLog({ needs }: LogRule, harness: LogHarness): string | undefined {
  for (const need of needs) {
    const ability = harness[need];
    if (isNotApplicable(ability)) return `${need}: ${ability.notApplicable}`;
  }
  return undefined;
}

/** A test for each rule. One that the harness has no means for is skipped by name, with the harness's reason. */
export function describeLog(name: string, underTest: LogUnderTest): void {
  describe(`${name} is a log`, () => {
    test.for(logRules)('$name', async (rule, { skip }) => {
      await withLogFixture(underTest, async (fixture) => {
        const reason = reasonNotToTryLog(rule, fixture.harness);
        if (reason !== undefined) skip(`not applicable: ${reason}`);
        await rule.run(fixture);
      });
    });
  });
}
