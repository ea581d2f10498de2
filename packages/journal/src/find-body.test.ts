import { type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { appendText, at, damage, segmentPaths, testJournal } from './fixtures/test-journal.ts';
import { parseReceipt, receiptOf } from './receipt.ts';

/** Bodies of 1000 bytes in several segments, closed in order, and their receipts. */
async function filled(count: number): Promise<{ files: ModelFiles; receipts: readonly string[] }> {
  const files = modelFiles();
  const { journal } = await testJournal(files, { segmentBytes: 16_000 });
  const receipts: string[] = [];
  for (let n = 1; n <= count; n += 1) receipts.push(await appendText(journal, `body ${n} ${'x'.repeat(1000)}`));
  await journal.close();
  return { files, receipts };
}

const segmentOf = (receipt: string): string => parseReceipt(receipt)?.segmentId ?? '';
const elsewhere = (sequence: number): string => receiptOf('00112233445566ff', sequence);

describe('a receipt', () => {
  it('finds its body in any segment', async () => {
    const { files, receipts } = await filled(60);
    const { journal } = await testJournal(files);
    for (const [index, receipt] of receipts.entries()) {
      const found = await journal.find(receipt);
      expect(found).toMatchObject({ kind: 'body', body: { sequence: index + 1, receipt } });
    }
    expect(files.openHandles()).toBeLessThan(6);
  });

  it('is unknown if it is malformed, beyond the tail, or of another segment', async () => {
    const { files, receipts } = await filled(60);
    const { journal } = await testJournal(files);
    const [first = '', last = ''] = [receipts[0], receipts.at(-1)];
    const others = [
      '',
      'hello',
      `${first}x`,
      elsewhere(5),
      elsewhere(0),
      receiptOf(segmentOf(last), 61),
      receiptOf(segmentOf(last), 5),
      receiptOf(segmentOf(first), 60),
    ];
    for (const receipt of others) expect(await journal.find(receipt), receipt).toEqual({ kind: 'unknown' });
  });

  it('of a damaged body is lost, with the span, unless the segment never had it', async () => {
    const { files, receipts } = await filled(60);
    damage(files, 'body 5 ');
    const { journal, log, meter } = await testJournal(files);
    const found = await journal.find(receipts[4] ?? '');
    expect(found).toMatchObject({ kind: 'lost', span: { fromSequence: 5, toSequence: 5, reason: 'damaged' } });
    expect(await journal.find(receiptOf(segmentOf(receipts[59] ?? ''), 5))).toEqual({ kind: 'unknown' });
    expect(await journal.find(elsewhere(5))).toEqual({ kind: 'unknown' });
    // A search does not report the loss. A reader reports and counts it once.
    expect(log.of('journal.bodies_lost')).toEqual([]);
    expect(meter.total('xiq_siem.journal.damaged_records')).toBe(0);
  });

  it('of a missing or quarantined segment is lost, not unknown', async () => {
    const { files, receipts } = await filled(60);
    const [, second = ''] = segmentPaths(files);
    const inSecond = receipts.find((receipt) => second.includes(segmentOf(receipt))) ?? '';
    const without = files.copy();
    await without.remove(second);
    files.put(second, files.content(second).fill(0, 0, 8192));
    for (const one of [files, without]) {
      const { journal } = await testJournal(one);
      const from = parseReceipt(inSecond)?.sequence;
      expect(await journal.find(inSecond)).toMatchObject({ kind: 'lost', span: { fromSequence: from } });
      expect(await journal.find(receipts[0] ?? '')).toMatchObject({ kind: 'body' });
      await journal.close();
    }
  });

  it('of an evicted body is removed', async () => {
    const { files, receipts } = await filled(60);
    let nowMs = 0;
    const { journal } = await testJournal(files, { retainForMs: 1000, now: () => nowMs });
    await (await journal.position('archive', { startAt: 'earliest', whenFull: 'evict' })).save(at(40));
    nowMs = 2000;
    await journal.maintain();
    const { firstSequence } = journal.extent();
    expect(firstSequence).toBeGreaterThan(10);
    for (const index of [0, firstSequence - 2]) {
      expect(await journal.find(receipts[index] ?? '')).toMatchObject({ kind: 'removed', sequence: index + 1 });
    }
    expect(await journal.find(receipts[firstSequence - 1] ?? '')).toMatchObject({ kind: 'body' });
    await journal.close();
    const { journal: again } = await testJournal(files);
    expect(await again.find(receipts[0] ?? '')).toMatchObject({ kind: 'removed' });
  });
});
