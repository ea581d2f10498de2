import { describe, expect, test } from 'vitest';
import { describeDestination, destinationRules, reasonNotApplicable } from './conformance.ts';
import { withDestinationFixture } from './destination-fixture.ts';
import type { DestinationUnderTest } from './destination-harness.ts';
import { modelDestination, startModelSiem } from './model-siem.ts';
import { createRecordingLogger, createRecordingMeter } from './recording.ts';
import { wrongDestinations } from './wrong-destinations.ts';

describeDestination('the model', { definition: modelDestination(), start: startModelSiem });

/** The names of the rules that a destination breaks. */
async function broken(underTest: DestinationUnderTest): Promise<readonly string[]> {
  const verdicts = await Promise.all(
    destinationRules.map(({ name, run }) =>
      withDestinationFixture(underTest, run).then(
        () => [],
        () => [name],
      ),
    ),
  );
  return verdicts.flat();
}

describe('each incorrect destination breaks its rule, and no other', () => {
  test.concurrent.for(Object.entries(wrongDestinations))(
    'one that %s',
    async ([, { definition, breaks }], { expect }) => {
      expect(await broken({ definition, start: startModelSiem })).toEqual(breaks);
    },
  );
});

test('each rule has a destination that breaks only this rule', () => {
  const alone = Object.values(wrongDestinations).flatMap(({ breaks }) => (breaks.length === 1 ? breaks : []));
  expect([...new Set(alone)].sort()).toEqual(destinationRules.map(({ name }) => name).sort());
});

test('a rule that cannot be tested has a reason', async () => {
  const harness = await startModelSiem({ log: createRecordingLogger(), meter: createRecordingMeter() });
  await harness.stop();
  const without = { ...harness, requests: { notApplicable: 'a file has no requests' } };
  const reasons = destinationRules.map((rule) => reasonNotApplicable(rule, without));
  expect(reasons.filter((reason) => reason !== undefined)).toEqual(Array(3).fill('requests: a file has no requests'));
});

test('a harness without closeDataset skips its rule', async () => {
  const harness = await startModelSiem({ log: createRecordingLogger(), meter: createRecordingMeter() });
  await harness.stop();
  const { closeDataset: _, ...faults } = harness.faults;
  const reasons = destinationRules.map((rule) => reasonNotApplicable(rule, { ...harness, faults }));
  expect(reasons.filter((reason) => reason !== undefined)).toEqual([
    'closeDataset: the destination has no data set that can be closed alone',
  ]);
});
