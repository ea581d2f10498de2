import { modelLog } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { caughtUp, defaultJournalBytes, forgetDestination } from './stages.ts';
import {
  audit,
  destinations,
  hanging,
  openPipelineFixture,
  type PipelineFixture,
  unavailable,
  until,
  verdictWhere,
} from './test-pipeline.ts';

const stream = ({ pipeline }: PipelineFixture) => pipeline.delivery.status()[0];

/** Number of waits until delivery has caught up, at most 200. */
async function waits({ pipeline, journal }: PipelineFixture): Promise<number> {
  let count = 0;
  await caughtUp(pipeline.delivery, journal, () => {
    count += 1;
    return 200 - count;
  });
  return count;
}

test('a destination has caught up when it has all events except blocked ones', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('blocked', (json) => json.includes('number 1"'));
  for (const id of [1, 2, 3]) await fixture.keep([audit(id)]);
  await until(() => stream(fixture)?.blocked?.events === 1 && stream(fixture)?.open === 1);
  expect(await waits(fixture)).toBe(0);
});

test('caughtUp does not wait for sequences without a body', async () => {
  await using fixture = await openPipelineFixture(destinations('one'), { over: modelLog().open() });
  await fixture.keep([audit(1)]);
  await fixture.settled();
  expect(stream(fixture)?.sequence).toBeLessThan(fixture.journal.extent().nextSequence);
  expect(await waits(fixture)).toBe(0);
});

test('caughtUp waits for a running destination until the time is over, and not for one that is down', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  fixture.siem('one').response = hanging;
  await fixture.keep([audit(1)]);
  await until(() => stream(fixture)?.open === 1);
  expect(await waits(fixture)).toBe(200);
  await using down = await openPipelineFixture(destinations('one'));
  down.siem('one').response = unavailable;
  await down.keep([audit(1)]);
  await until(() => stream(down)?.state === 'backing_off');
  expect(await waits(down)).toBe(0);
});

test('only a destination that is no longer configured is forgotten', async () => {
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

test('the default size of the journal is half of the free disk, and 10 GiB at most', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const bytes = await defaultJournalBytes(fixture.directory);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(10 * 1024 ** 3);
});
