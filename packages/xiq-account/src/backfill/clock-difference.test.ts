import { audit, destinations, never, openFixture } from '@xiq-siem/queries/test-queries';
import { expect, test } from 'vitest';
import { testCloud } from '../test-cloud.ts';
import { clockDifference, clockText } from './clock-difference.ts';

const minute = 60_000;
const hour = 60 * minute;

/** With three webhooks whose events were so long ahead of their reception, and what the Date of an answer tells. */
async function difference(webhooksMs: number, toldMs: number | undefined) {
  await using fixture = await openFixture(destinations('one'));
  const { cloud } = testCloud();
  const timestamp = fixture.now() + webhooksMs;
  await fixture.keep([audit(1, { timestamp }), audit(2, { timestamp }), audit(3, { timestamp })]);
  const told = { ...cloud, api: { ...cloud.api, clockAheadMs: async () => toldMs } };
  const { behindMs, aheadMs } = await clockDifference(fixture.readModel(), told, never);
  return [Math.round(behindMs / minute), Math.round(aheadMs / minute)];
}

test.each([
  ['an answer tells it, whatever webhooks there are', 0, -hour, [60, 0]],
  ['and ahead as well', 0, hour, [0, 60]],
  ['events that come late are no clock, where an answer tells that it agrees', -20 * minute, 0, [0, 0]],
  ['events that come before their time are, though an answer says otherwise', hour, 0, [0, 60]],
  ['where no answer tells, late events are taken for it', -hour, undefined, [60, 0]],
  ['and early ones', hour, undefined, [0, 60]],
  ['where nothing tells, they agree', 0, undefined, [0, 0]],
])('%s', async (_, webhooksMs, toldMs, minutes) => {
  expect(await difference(webhooksMs, toldMs)).toEqual(minutes);
});

test('less than a minute is not worth words', () => {
  expect(clockText({ behindMs: 0, aheadMs: minute })).toBeUndefined();
  expect(clockText({ behindMs: 3 * minute, aheadMs: 0 })).toMatch(/3 min behind ours$/);
  expect(clockText({ behindMs: 0, aheadMs: hour })).toMatch(/60 min ahead of ours$/);
});
