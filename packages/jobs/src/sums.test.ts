// The sum of a destination stays whole whatever its jobs do.
import { replayRequest, retryRequest } from '@xiq-siem/admin-api';
import { statusOf } from '@xiq-siem/queries';
import { identity, liveOf } from '@xiq-siem/queries/test-live';
import { audit, destinations, judging, openPlace, type Place } from '@xiq-siem/queries/test-place';
import { expect, test } from 'vitest';
import { openJobs, spanOf } from './test-desk.ts';

const rejectAll = judging('rejected', () => true);

async function lettersOf(place: Place) {
  const { holds, destinations: told } = await statusOf(place.evidence(), identity, liveOf(place));
  expect(told[0]?.sum.difference).toBe(0);
  expect(told[0]?.deadLetters.difference).toBe(0);
  expect(holds).toBe(true);
  return told[0]?.deadLetters;
}

test('what was rejected live, and by a replay again, is one dead letter', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = rejectAll;
  await place.keep([audit(1), audit(2)]);
  await place.settled();
  const jobs = await openJobs(place);
  await jobs.ended(await jobs.begin('replay', replayRequest.parse(spanOf(place))));
  expect(await lettersOf(place)).toMatchObject({ open: 2, delivered: 0 });
});

test('what only a replay had rejected is brought through by a retry', async () => {
  await using place = await openPlace(destinations('one'));
  await place.keep([audit(1), audit(2)]);
  await place.settled();
  place.siem('one').answer = rejectAll;
  const jobs = await openJobs(place);
  await jobs.ended(await jobs.begin('replay', replayRequest.parse(spanOf(place))));
  expect(await lettersOf(place)).toMatchObject({ open: 2 });
  expect(await jobs.ended(await jobs.begin('retry', retryRequest.parse({})))).toMatchObject({
    lanes: [{ deadLettered: 2 }],
  });
  expect(await lettersOf(place)).toMatchObject({ open: 2 });
  place.siem('one').answer = undefined;
  await jobs.ended(await jobs.begin('retry', retryRequest.parse({})));
  expect(await lettersOf(place)).toMatchObject({ open: 0, delivered: 2 });
});

test('what was brought through, and is rejected by a later replay, is open anew', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = rejectAll;
  await place.keep([audit(1)]);
  await place.settled();
  place.siem('one').answer = undefined;
  const jobs = await openJobs(place);
  await jobs.ended(await jobs.begin('retry', retryRequest.parse({})));
  expect(await lettersOf(place)).toMatchObject({ open: 0, delivered: 1 });
  place.siem('one').answer = rejectAll;
  await jobs.ended(await jobs.begin('replay', replayRequest.parse(spanOf(place))));
  expect(await lettersOf(place)).toMatchObject({ open: 1 });
});
