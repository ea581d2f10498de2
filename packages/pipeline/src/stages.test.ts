import { modelLog } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { caughtUp, defaultJournalBytes, forgetDestination } from './stages.ts';
import {
  audit,
  away,
  destinations,
  hanging,
  judging,
  openPipelineFixture,
  type PipelineFixture,
  until,
} from './test-pipeline.ts';

const stream = ({ pipeline }: PipelineFixture) => pipeline.delivery.status()[0];

/** How often the time was asked for until it was caught up, at most 200 times. */
async function waits({ pipeline, journal }: PipelineFixture): Promise<number> {
  let asked = 0;
  await caughtUp(pipeline.delivery, journal, () => {
    asked += 1;
    return 200 - asked;
  });
  return asked;
}

test('caught up is a destination that has all, what is blocked aside', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  fixture.siem('one').response = judging('blocked', (json) => json.includes('number 1"'));
  for (const id of [1, 2, 3]) await fixture.keep([audit(id)]);
  await until(() => stream(fixture)?.blocked?.events === 1 && stream(fixture)?.open === 1);
  expect(await waits(fixture)).toBe(0);
});

test('caught up does not wait for sequences that no body has', async () => {
  await using fixture = await openPipelineFixture(destinations('one'), { over: modelLog().open() });
  await fixture.keep([audit(1)]);
  await fixture.settled();
  expect(stream(fixture)?.sequence).toBeLessThan(fixture.journal.extent().nextSequence);
  expect(await waits(fixture)).toBe(0);
});

test('one that has not all is waited for as long as there is time, one that is down is not', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  fixture.siem('one').response = hanging;
  await fixture.keep([audit(1)]);
  await until(() => stream(fixture)?.open === 1);
  expect(await waits(fixture)).toBe(200);
  await using down = await openPipelineFixture(destinations('one'));
  down.siem('one').response = away;
  await down.keep([audit(1)]);
  await until(() => stream(down)?.state === 'backing_off');
  expect(await waits(down)).toBe(0);
});

test('only a destination that is not configured any more is forgotten', async () => {
  await using fixture = await openPipelineFixture(destinations('one', 'two'));
  const { journal, log, pipeline } = fixture;
  const stillConfigured = { code: 'destination_configured', message: 'two is still configured; remove it first' };
  await expect(forgetDestination(journal, 'two', log)).rejects.toMatchObject(stillConfigured);
  const message = expect.stringContaining('forgotten: none');
  await expect(forgetDestination(journal, 'three', log)).rejects.toMatchObject({ code: 'not_found', message });
  await pipeline.apply(await fixture.configure(destinations('one')));
  await expect(forgetDestination(journal, 'one', log)).rejects.toMatchObject({ code: 'destination_configured' });
  await forgetDestination(journal, 'two', log);
  expect(await journal.orphanedPositions()).toEqual([]);
  expect(log.of('destination.forgotten')).toMatchObject([{ attributes: { destination: 'two' } }]);
});

test('the journal takes half of the free disk, and 10 GiB at most', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const bytes = await defaultJournalBytes(fixture.directory);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(10 * 1024 ** 3);
});
