import { describe, expect, test } from 'vitest';
import { describeLog, logRules, reasonLogRuleNotApplicable } from './conformance.ts';
import { withLogFixture } from './log-fixture.ts';
import type { LogUnderTest } from './log-harness.ts';
import { modelLogUnderTest, wrongLogs } from './wrong-logs.ts';

describeLog('the model with skipped sequences', modelLogUnderTest());
describeLog(
  'the model without skipped sequences',
  modelLogUnderTest(undefined, { sequenceOf: (ordinal) => ordinal + 1 }),
);

/** The names of the rules that a log breaks. */
async function broken(underTest: LogUnderTest): Promise<readonly string[]> {
  const verdicts = await Promise.all(
    logRules.map(({ name, run }) =>
      withLogFixture(underTest, run).then(
        () => [],
        () => [name],
      ),
    ),
  );
  return verdicts.flat();
}

describe('each incorrect log breaks its rule, and no other', () => {
  test.concurrent.for(Object.entries(wrongLogs))('one that %s', async ([, { underTest, breaks }], { expect }) => {
    expect(await broken(underTest)).toEqual(breaks);
  });
});

test('each rule has a log that breaks only this rule', () => {
  const alone = Object.values(wrongLogs).flatMap(({ breaks }) => (breaks.length === 1 ? breaks : []));
  expect([...new Set(alone)].sort()).toEqual(logRules.map(({ name }) => name).sort());
});

test('a rule that cannot be tested has a reason', async () => {
  const harness = await modelLogUnderTest().start();
  const without = { ...harness, capacityBytes: { notApplicable: 'it has no limit' } };
  const reasons = logRules.map((rule) => reasonLogRuleNotApplicable(rule, without));
  expect(reasons.filter((reason) => reason !== undefined)).toEqual(Array(2).fill('capacityBytes: it has no limit'));
});
