import type { PositionOptions } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { appendText, at, testJournal } from './fixtures/test-journal.ts';

const evict: PositionOptions = { startAt: 'earliest', whenFull: 'evict' };
const now: PositionOptions = { startAt: 'now', whenFull: 'evict' };

describe('a released position', () => {
  it('is orphaned, and opens again at its last save', async () => {
    const { journal } = await testJournal();
    for (let n = 0; n < 9; n += 1) await appendText(journal, `${n}`);
    await (await journal.position('archive', evict)).save(at(4));
    expect(await journal.orphanedPositions()).toEqual([]);
    await journal.releasePosition('archive');
    expect(await journal.orphanedPositions()).toEqual(['archive']);
    const again = await journal.position('archive', now);
    expect(again.position).toEqual(at(4));
    await again.save(at(6));
    expect(await journal.orphanedPositions()).toEqual([]);
    expect(journal.positions().get('archive')).toEqual(at(6));
  });

  it('waits for pending saves, and rejects later ones of its owner', async () => {
    const { journal, files } = await testJournal();
    for (let n = 0; n < 9; n += 1) await appendText(journal, `${n}`);
    const owner = await journal.position('archive', evict);
    const handles = files.openHandles();
    const saving = [owner.save(at(2)), owner.save(at(3))];
    await journal.releasePosition('archive');
    await Promise.all(saving);
    expect(files.openHandles()).toBe(handles - 1);
    await expect(owner.save(at(5))).rejects.toMatchObject({ code: 'position_failed' });
    const next = await journal.position('archive', evict);
    await expect(owner.save(at(5))).rejects.toMatchObject({ code: 'position_failed' });
    // The previous owner may close its position late.
    await owner.close();
    await next.save(at(4));
    await journal.close();
    const { journal: again } = await testJournal(files);
    expect((await again.position('archive', now)).position).toEqual(at(4));
  });

  it('still keeps its bodies until it is forgotten', async () => {
    let nowMs = 0;
    const { journal } = await testJournal(undefined, { segmentBytes: 16_000, retainForMs: 1000, now: () => nowMs });
    await (await journal.position('slow', evict)).save(at(5));
    const fast = await journal.position('fast', evict);
    for (let n = 0; n < 60; n += 1) await appendText(journal, 'x'.repeat(1000));
    await fast.save(at(61));
    await journal.releasePosition('slow');
    nowMs = 2000;
    await journal.maintain();
    expect(journal.extent().firstSequence).toBe(1);
    await journal.forgetPosition('slow');
    await journal.maintain();
    expect(journal.extent().firstSequence).toBeGreaterThan(5);
    expect([...journal.positions().keys()]).toEqual(['fast']);
  });

  it('keeps `hold` during a reload, then counts as orphaned', async () => {
    let nowMs = 10 ** 9;
    const options = { segmentBytes: 16_000, maxBytes: 100_000, now: () => nowMs };
    const { journal } = await testJournal(undefined, options);
    nowMs += 3_600_000;
    await journal.position('holding', { startAt: 'earliest', whenFull: 'hold' });
    const fast = await journal.position('fast', evict);
    await journal.releasePosition('holding');
    const fill = async () => {
      for (let n = 0; n < 200; n += 1) {
        await appendText(journal, 'x'.repeat(1000));
        await fast.save(at(journal.extent().nextSequence));
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'journal_full' });
    expect(journal.extent().firstSequence).toBe(1);
    nowMs += 60_001;
    await journal.maintain();
    await fill();
    expect(journal.retentionGaps()).toMatchObject([{ destination: 'holding', fromSequence: 1 }]);
  });

  it('may be a position that is not open', async () => {
    const { journal } = await testJournal();
    await journal.releasePosition('nobody');
    expect(await journal.orphanedPositions()).toEqual([]);
  });
});

describe('all positions', () => {
  it('include open and closed ones', async () => {
    const { journal, files } = await testJournal();
    for (let n = 0; n < 9; n += 1) await appendText(journal, `${n}`);
    await (await journal.position('archive', evict)).save(at(4));
    await journal.position('siem', now);
    await journal.close();
    const { journal: again } = await testJournal(files);
    await again.position('siem', now);
    expect(Object.fromEntries(again.positions())).toEqual({ archive: at(4), siem: at(10) });
  });
});
