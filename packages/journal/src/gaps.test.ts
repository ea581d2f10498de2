import { modelFiles } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { appendText, at, testJournal } from './fixtures/test-journal.ts';

const evict = { startAt: 'earliest', whenFull: 'evict' } as const;
const options = { maxBytes: 200_000, segmentBytes: 20_000 };

it('a body that a destination had read before its eviction, and settles later, leaves the gap', async () => {
  const one = await testJournal(modelFiles(), options);
  const fast = await one.journal.position('fast', evict);
  const slow = await one.journal.position('slow', evict);
  for (let n = 0; n < 400; n += 1) {
    await appendText(one.journal, 'x'.repeat(1000));
    await fast.save(at(one.journal.extent().nextSequence));
  }
  const last = one.journal.extent().firstSequence - 1;
  const [whole] = one.journal.retentionGaps();
  const gaps = () => one.journal.retentionGaps().map(({ bodies }) => bodies);
  const settledUntil = async (sequence: number, damaged: number): Promise<void> => {
    const { settled, counters } = at(sequence);
    await slow.save({ sequence, settled, counters: { ...counters, normalized: damaged, damaged } });
    await one.journal.maintain();
  };
  expect(whole?.bodies).toBe(last);
  await settledUntil(11, 0);
  expect(gaps()).toEqual([last - 10]);
  expect(one.log.of('journal.gap_reduced')[0]?.attributes).toMatchObject({ destination: 'slow', bodies: 10 });
  // It had read 10 more; the reader reported the others as evicted.
  await settledUntil(last + 1, last - 20);
  expect(gaps()).toEqual([last - 20]);
  await settledUntil(last + 5, last - 20);
  expect(gaps()).toEqual([last - 20]);

  await one.journal.close();
  const { journal: again } = await testJournal(one.files, options);
  expect(again.retentionGaps()).toMatchObject([{ destination: 'slow', bodies: last - 20 }]);
});
