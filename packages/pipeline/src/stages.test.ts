import { modelLog } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { caughtUp, defaultJournalBytes, forgetDestination } from './stages.ts';
import {
  audit,
  away,
  destinations,
  hanging,
  judging,
  openPipelinePlace,
  type PipelinePlace,
  until,
} from './test-place.ts';

const lane = ({ pipeline }: PipelinePlace) => pipeline.delivery.status()[0];

/** How often the time was asked for until it was caught up, at most 200 times. */
async function waits({ pipeline, journal }: PipelinePlace): Promise<number> {
  let asked = 0;
  await caughtUp(pipeline.delivery, journal, () => {
    asked += 1;
    return 200 - asked;
  });
  return asked;
}

test('caught up is a destination that has all, what is blocked aside', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  place.siem('one').answer = judging('held', (json) => json.includes('number 1"'));
  for (const id of [1, 2, 3]) await place.keep([audit(id)]);
  await until(() => lane(place)?.held?.events === 1 && lane(place)?.open === 1);
  expect(await waits(place)).toBe(0);
});

test('caught up does not wait for sequences that no body has', async () => {
  await using place = await openPipelinePlace(destinations('one'), { over: modelLog().open() });
  await place.keep([audit(1)]);
  await place.settled();
  expect(lane(place)?.sequence).toBeLessThan(place.journal.extent().nextSequence);
  expect(await waits(place)).toBe(0);
});

test('one that has not all is waited for as long as there is time, one that is down is not', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  place.siem('one').answer = hanging;
  await place.keep([audit(1)]);
  await until(() => lane(place)?.open === 1);
  expect(await waits(place)).toBe(200);
  await using down = await openPipelinePlace(destinations('one'));
  down.siem('one').answer = away;
  await down.keep([audit(1)]);
  await until(() => lane(down)?.state === 'backing_off');
  expect(await waits(down)).toBe(0);
});

test('only a destination that is not configured any more is forgotten', async () => {
  await using place = await openPipelinePlace(destinations('one', 'two'));
  const { journal, log, pipeline } = place;
  const refusal = (text: string) => ({ code: 'usage', message: expect.stringContaining(text) });
  await expect(forgetDestination(journal, 'two', log)).rejects.toMatchObject(refusal('there is none to forget'));
  await pipeline.apply(await place.configure(destinations('one')));
  await expect(forgetDestination(journal, 'one', log)).rejects.toMatchObject(refusal('there is two'));
  await forgetDestination(journal, 'two', log);
  expect(await journal.orphanedPositions()).toEqual([]);
  expect(log.of('destination.forgotten')).toMatchObject([{ facts: { destination: 'two' } }]);
});

test('the journal takes half of the free disk, and 10 GiB at most', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  const bytes = await defaultJournalBytes(place.directory);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(10 * 1024 ** 3);
});
