import { audit, destinations, never, openFixture } from '@xiq-siem/queries/test-queries';
import { expect, test } from 'vitest';
import { testAccount } from '../test-account.ts';
import { clockDifference, clockText } from './clock-difference.ts';

const minute = 60_000;
const hour = 60 * minute;

/** `webhooksMs`: event time minus time of receipt of three webhooks. `reportedMs`: the difference by the Date header. */
async function difference(webhooksMs: number, reportedMs: number | undefined) {
  await using fixture = await openFixture(destinations('one'));
  const { account } = testAccount();
  const timestamp = fixture.now() + webhooksMs;
  await fixture.keep([audit(1, { timestamp }), audit(2, { timestamp }), audit(3, { timestamp })]);
  const reporting = { ...account, api: { ...account.api, clockAheadMs: async () => reportedMs } };
  const { behindMs, aheadMs } = await clockDifference(fixture.readModel(), reporting, never);
  return [Math.round(behindMs / minute), Math.round(aheadMs / minute)];
}

test.each([
  ['the Date header has priority over webhooks', 0, -hour, [60, 0]],
  ['also if it is ahead', 0, hour, [0, 60]],
  ['late events do not count if the Date header agrees', -20 * minute, 0, [0, 0]],
  ['events before their time count even if the Date header agrees', hour, 0, [0, 60]],
  ['without a Date header late events count', -hour, undefined, [60, 0]],
  ['without a Date header early events count', hour, undefined, [0, 60]],
  ['without a measurement the difference is 0', 0, undefined, [0, 0]],
])('%s', async (_, webhooksMs, reportedMs, minutes) => {
  expect(await difference(webhooksMs, reportedMs)).toEqual(minutes);
});

test('a difference of up to a minute has no text', () => {
  expect(clockText({ behindMs: 0, aheadMs: minute })).toBeUndefined();
  expect(clockText({ behindMs: 3 * minute, aheadMs: 0 })).toMatch(/3 min behind ours$/);
  expect(clockText({ behindMs: 0, aheadMs: hour })).toMatch(/60 min ahead of ours$/);
});
