// Jobs over a log with unused sequences: 10, 20, 21, 40, 50, …
import { replayRequest, retryRequest } from '@xiq-siem/admin-api';
import {
  audit,
  destinations,
  hanging,
  linesOf,
  never,
  openFixture,
  until,
  verdictWhere,
} from '@xiq-siem/queries/test-queries';
import { sequenceWithHoles as at, modelLog } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { createRenormalizer } from './renormalizer.ts';
import { openJobs, spanOf } from './test-jobs.ts';

test('a replay reports numbers of bodies: total, done and lost', async () => {
  const store = modelLog();
  await using fixture = await openFixture(destinations('one'), { over: store.open() });
  for (let id = 0; id < 8; id += 1) await fixture.keep([audit(id)]);
  await fixture.settled();
  store.damage([at(1), at(2), at(3)]);
  const siem = fixture.siem('one');
  siem.response = hanging;
  const jobs = await openJobs(fixture);
  const job = await jobs.start('replay', replayRequest.parse(spanOf(fixture)));
  await until(() => jobs.jobOf(job.id).streams[0]?.damaged === 3);
  expect(jobs.jobOf(job.id).streams).toMatchObject([{ done: 0, total: 8 }]);
  await jobs.stop();
  siem.response = undefined;
  const resumed = await openJobs(fixture);
  const ended = await resumed.ended(await resumed.start('replay', replayRequest.parse(job.request)));
  expect(ended).toMatchObject({ state: 'done', streams: [{ done: 8, total: 8, delivered: 5, damaged: 3 }] });
});

test('a retry with renormalize finds the bodies of the dead letters', async () => {
  await using fixture = await openFixture(destinations('one'), { over: modelLog().open() });
  const siem = fixture.siem('one');
  siem.response = verdictWhere('rejected', () => true);
  for (let id = 0; id < 6; id += 1) await fixture.keep([audit(id)]);
  await fixture.settled();
  siem.response = undefined;
  const jobs = await openJobs(fixture);
  const ended = await jobs.ended(await jobs.start('retry', retryRequest.parse({ renormalize: true })));
  expect(ended).toMatchObject({ state: 'done', streams: [{ done: 6, total: 6, delivered: 6, damaged: 0 }] });
});

test('a dead letter whose sequence has no body is not renormalized', async () => {
  await using fixture = await openFixture(destinations('one'), { over: modelLog().open() });
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  for (let id = 0; id < 5; id += 1) await fixture.keep([audit(id)]);
  await fixture.settled();
  const [stored] = await linesOf(fixture.deadLetters.read({}, 1, never));
  const deadLetter = stored?.[0];
  if (deadLetter === undefined) throw new Error('no dead letter');
  const { eventOf, close } = createRenormalizer(fixture.readModel());
  for (const sequence of [at(4) + 1, at(3) + 1, at(0) - 1]) {
    expect(await eventOf({ ...deadLetter, sequence })).toBeUndefined();
  }
  expect(await eventOf({ ...deadLetter, sequence: at(4) })).toMatchObject({ element: 0 });
  await close();
});
