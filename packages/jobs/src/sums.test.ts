// The counters of a destination reconcile whatever its jobs do.
import { replayRequest, retryRequest } from '@xiq-siem/admin-api';
import { statusOf } from '@xiq-siem/queries';
import { identity, liveOf } from '@xiq-siem/queries/test-live';
import { audit, destinations, type Fixture, openFixture, verdictWhere } from '@xiq-siem/queries/test-queries';
import { expect, test } from 'vitest';
import { openJobs, spanOf } from './test-jobs.ts';

const rejectAll = verdictWhere('rejected', () => true);

async function lettersOf(fixture: Fixture) {
  const { reconciled, destinations: told } = await statusOf(fixture.readModel(), identity, liveOf(fixture));
  expect(told[0]?.counters.unaccounted).toBe(0);
  expect(told[0]?.deadLetters.unaccounted).toBe(0);
  expect(reconciled).toBe(true);
  return told[0]?.deadLetters;
}

test('an event rejected live and again by a replay is one dead letter', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = rejectAll;
  await fixture.keep([audit(1), audit(2)]);
  await fixture.settled();
  const jobs = await openJobs(fixture);
  await jobs.ended(await jobs.start('replay', replayRequest.parse(spanOf(fixture))));
  expect(await lettersOf(fixture)).toMatchObject({ open: 2, delivered: 0 });
});

test('a dead letter of a replay is delivered by a retry', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1), audit(2)]);
  await fixture.settled();
  fixture.siem('one').response = rejectAll;
  const jobs = await openJobs(fixture);
  await jobs.ended(await jobs.start('replay', replayRequest.parse(spanOf(fixture))));
  expect(await lettersOf(fixture)).toMatchObject({ open: 2 });
  expect(await jobs.ended(await jobs.start('retry', retryRequest.parse({})))).toMatchObject({
    streams: [{ deadLettered: 2 }],
  });
  expect(await lettersOf(fixture)).toMatchObject({ open: 2 });
  fixture.siem('one').response = undefined;
  await jobs.ended(await jobs.start('retry', retryRequest.parse({})));
  expect(await lettersOf(fixture)).toMatchObject({ open: 0, delivered: 2 });
});

test('an event that a retry delivered and a later replay has rejected is an open dead letter again', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = rejectAll;
  await fixture.keep([audit(1)]);
  await fixture.settled();
  fixture.siem('one').response = undefined;
  const jobs = await openJobs(fixture);
  await jobs.ended(await jobs.start('retry', retryRequest.parse({})));
  expect(await lettersOf(fixture)).toMatchObject({ open: 0, delivered: 1 });
  fixture.siem('one').response = rejectAll;
  await jobs.ended(await jobs.start('replay', replayRequest.parse(spanOf(fixture))));
  expect(await lettersOf(fixture)).toMatchObject({ open: 1 });
});
