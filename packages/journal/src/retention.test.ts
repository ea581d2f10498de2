import type { PositionOptions } from '@xiq-siem/core';
import { type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import {
  appendText,
  at,
  readAll,
  segmentPaths,
  spansOf,
  type TestJournal,
  testJournal,
  textsOf,
} from './fixtures/test-journal.ts';
import type { JournalOptions } from './journal.ts';

const hour = 3_600_000;
const evict: PositionOptions = { startAt: 'earliest', whenFull: 'evict' };
const hold: PositionOptions = { startAt: 'earliest', whenFull: 'hold' };

interface Clocked extends TestJournal {
  pass(ms: number): void;
}

async function clocked(files?: ModelFiles, options: Partial<JournalOptions> = {}): Promise<Clocked> {
  let nowMs = 0;
  const now = (): number => nowMs;
  const opened = await testJournal(files ?? modelFiles({ now }), {
    now,
    segmentBytes: 20_000,
    retainForMs: hour,
    ...options,
  });
  return {
    ...opened,
    pass(ms) {
      nowMs += ms;
    },
  };
}

/** Appends bodies of 1000 bytes. */
async function fill({ journal }: TestJournal, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await appendText(journal, 'x'.repeat(1000));
}

describe('by age', () => {
  it('removes settled segments only', async () => {
    const one = await clocked();
    const fast = await one.journal.position('fast', evict);
    const slow = await one.journal.position('slow', evict);
    await fill(one, 60);
    await fast.save(at(61));
    await slow.save(at(30));
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(1);
    one.pass(hour + 1);
    await one.journal.maintain();
    const { firstSequence } = one.journal.extent();
    expect(firstSequence).toBeGreaterThan(1);
    expect(firstSequence).toBeLessThanOrEqual(30);
    expect(spansOf(await readAll(one.journal, firstSequence))).toEqual([]);
    await slow.save(at(61));
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(61);
    expect(segmentPaths(one.files)).toHaveLength(1);
    expect(one.journal.lostSpans()).toEqual([]);
  });

  it('keeps a settled segment until its last body has expired', async () => {
    const one = await clocked();
    const position = await one.journal.position('archive', evict);
    await fill(one, 60);
    await position.save(at(61));
    one.pass(hour);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(1);
    one.pass(1);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(61);
  });

  it('L11: removes nothing by age while the age may be wrong, but what it needs for space', async () => {
    const guard = { mayDeleteByAge: () => false, resume() {}, confirmedMs: () => undefined };
    const one = await clocked(undefined, { ageGuard: guard, maxBytes: 120_000 });
    const position = await one.journal.position('archive', evict);
    await fill(one, 60);
    await position.save(at(61));
    one.pass(1000 * hour);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(1);
    guard.mayDeleteByAge = () => true;
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(61);

    guard.mayDeleteByAge = () => false;
    await fill(one, 60);
    await position.save(at(121));
    await fill(one, 60);
    expect(one.journal.extent().firstSequence).toBeGreaterThan(61);
    expect(one.journal.acceptance()).toEqual({ ok: true });
  });

  it('uses the age of the last body of a segment', async () => {
    const one = await clocked();
    const position = await one.journal.position('archive', evict);
    await fill(one, 1);
    one.pass(hour);
    await fill(one, 59);
    await position.save(at(61));
    one.pass(hour);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(1);
    one.pass(1);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(61);
  });

  it('reports removed bodies as evicted, also after a crash', async () => {
    const one = await clocked();
    const position = await one.journal.position('archive', evict);
    await fill(one, 60);
    await position.save(at(61));
    await one.journal.maintain();
    one.pass(hour + 1);
    await one.journal.maintain();
    const { journal } = await testJournal(one.files.crash(() => true));
    expect(spansOf(await readAll(journal))).toMatchObject([{ fromSequence: 1, toSequence: 60, reason: 'evicted' }]);
    expect(journal.lostSpans()).toEqual([]);
  });

  it('removes nothing without a destination, or if the clock steps back', async () => {
    const one = await clocked();
    await fill(one, 60);
    one.pass(hour + 1);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(1);
    const position = await one.journal.position('archive', evict);
    await position.save(at(61));
    one.pass(-2 * hour);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(1);
  });

  it('keeps the bodies of a removed destination until it is forgotten', async () => {
    const one = await clocked();
    await one.journal.position('gone', evict);
    await one.journal.close();
    const two = await clocked(one.files);
    const position = await two.journal.position('archive', evict);
    await fill(two, 60);
    await position.save(at(61));
    two.pass(hour + 1);
    await two.journal.maintain();
    expect(await two.journal.orphanedPositions()).toEqual(['gone']);
    expect(two.journal.extent().firstSequence).toBe(1);
    await expect(two.journal.forgetPosition('archive')).rejects.toThrow('in use');
    await two.journal.forgetPosition('gone');
    await two.journal.maintain();
    expect(two.journal.extent().firstSequence).toBe(61);
    expect(await two.journal.orphanedPositions()).toEqual([]);
  });
});

describe('at maxBytes', () => {
  const small = { maxBytes: 200_000 };

  it('removes settled segments first, whatever their age', async () => {
    const one = await clocked(undefined, small);
    const position = await one.journal.position('archive', evict);
    for (let n = 0; n < 500; n += 1) {
      await fill(one, 1);
      await position.save(at(one.journal.extent().nextSequence));
    }
    expect(one.journal.extent().bytes).toBeLessThanOrEqual(small.maxBytes);
    expect(one.journal.retentionGaps()).toEqual([]);
  });

  it('evicts the oldest segments that another destination has settled: a retention gap, counted, logged, and stored', async () => {
    const one = await clocked(undefined, small);
    const fast = await one.journal.position('fast', evict);
    await one.journal.position('dead', evict);
    for (let n = 0; n < 400; n += 1) {
      await fill(one, 1);
      await fast.save(at(one.journal.extent().nextSequence));
    }
    const { firstSequence } = one.journal.extent();
    expect(one.journal.extent().bytes).toBeLessThanOrEqual(small.maxBytes);
    const [gap, ...more] = one.journal.retentionGaps();
    expect(more).toEqual([]);
    expect(gap).toMatchObject({ destination: 'dead', fromSequence: 1, toSequence: firstSequence - 1 });
    expect(gap?.bodies).toBe(firstSequence - 1);
    expect(gap?.bytes).toBeGreaterThan((firstSequence - 1) * 1000);
    expect(one.meter.total('xiq_siem.journal.evicted_bodies', { destination: 'dead' })).toBe(firstSequence - 1);
    expect(one.log.of('journal.evicted').length).toBeGreaterThan(0);
    expect(one.journal.lostSpans().every(({ reason }) => reason === 'evicted')).toBe(true);
    const entries = await readAll(one.journal);
    expect(spansOf(entries)).toMatchObject([{ fromSequence: 1, toSequence: firstSequence - 1, reason: 'evicted' }]);
    expect(textsOf(entries)).toHaveLength(400 - firstSequence + 1);

    await one.journal.close();
    const { journal: again } = await testJournal(one.files, small);
    expect(again.retentionGaps()).toEqual([gap]);
    expect(spansOf(await readAll(again))).toMatchObject([{ reason: 'evicted' }]);
    await again.acknowledgeGaps('dead', firstSequence - 1);
    await again.close();
    expect((await testJournal(one.files, small)).journal.retentionGaps()).toEqual([]);
  });

  it('a growing gap has the time of the last eviction', async () => {
    const one = await clocked(undefined, small);
    const fast = await one.journal.position('fast', evict);
    await one.journal.position('dead', evict);
    const fillUntil = async (isDone: () => boolean): Promise<void> => {
      while (!isDone()) {
        await fill(one, 1);
        await fast.save(at(one.journal.extent().nextSequence));
      }
    };
    const gaps = one.journal.retentionGaps;
    await fillUntil(() => gaps().length > 0);
    const [first] = gaps();
    expect(first?.lastAtMs).toBe(0);
    one.pass(500);
    await fillUntil(() => (gaps()[0]?.toSequence ?? 0) > (first?.toSequence ?? 0));
    expect(gaps()).toMatchObject([{ destination: 'dead', fromSequence: 1, lastAtMs: 500 }]);
  });

  it('a gap within a segment has the bytes of its own bodies only', async () => {
    const one = await clocked(undefined, small);
    const fast = await one.journal.position('fast', evict);
    const dead = await one.journal.position('dead', evict);
    await fill(one, 10);
    await dead.save(at(10));
    while (one.journal.retentionGaps().length === 0) {
      await fill(one, 1);
      await fast.save(at(one.journal.extent().nextSequence));
    }
    const [gap] = one.journal.retentionGaps();
    const toSequence = one.journal.extent().firstSequence - 1;
    const bodies = toSequence - 9;
    expect(gap).toMatchObject({ destination: 'dead', fromSequence: 10, toSequence, bodies });
    expect(gap?.bytes).toBeGreaterThan(bodies * 1000);
    expect(gap?.bytes).toBeLessThan(bodies * 1300);
  });

  it('never evicts bodies that no destination has settled: rejects new bodies instead', async () => {
    const one = await clocked(undefined, small);
    const slow = await one.journal.position('slow', evict);
    await one.journal.position('slower', evict);
    await expect(fill(one, 400)).rejects.toMatchObject({ code: 'journal_full' });
    expect(one.journal.acceptance()).toMatchObject({ ok: false, code: 'journal_full' });
    expect(one.journal.extent().firstSequence).toBe(1);
    await one.journal.maintain();
    expect(one.journal.acceptance().ok).toBe(false);
    await slow.save(at(100));
    await one.journal.maintain();
    expect(one.journal.acceptance()).toEqual({ ok: true });
    await fill(one, 1);
    expect(one.journal.retentionGaps()).toMatchObject([{ destination: 'slower' }]);
  });

  it('keeps only the segment of an open body: settled runs after it are removed', async () => {
    const one = await clocked(undefined, small);
    const fast = await one.journal.position('fast', evict);
    const blocked = await one.journal.position('blocked', evict);
    const dead = await one.journal.position('dead', evict);
    for (let n = 0; n < 600; n += 1) {
      await fill(one, 1);
      const { nextSequence } = one.journal.extent();
      await fast.save(at(nextSequence));
      if (nextSequence < 6) continue;
      const run = { sequence: 4, toSequence: nextSequence - 1, elements: 'all' } as const;
      await blocked.save({ ...at(2), settled: [{ sequence: 3, elements: [[0, 4]] }, run] });
    }
    const { bytes, firstSequence, nextSequence } = one.journal.extent();
    expect(bytes).toBeLessThanOrEqual(small.maxBytes);
    expect(firstSequence).toBeGreaterThan(300);
    const gaps = new Map(one.journal.retentionGaps().map((gap) => [gap.destination, gap]));
    expect(gaps.get('blocked')).toMatchObject({ fromSequence: 2, bodies: 2 });
    expect(gaps.get('blocked')?.toSequence).toBeLessThan(30);
    expect(gaps.get('dead')).toMatchObject({ toSequence: firstSequence - 1, bodies: firstSequence - 1 });
    await dead.save(at(nextSequence));
    one.pass(hour + 1);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(nextSequence);
    expect(one.meter.total('xiq_siem.journal.evicted_bodies', { destination: 'blocked' })).toBe(2);
  });

  it('with `hold` keeps only the segment of an open body', async () => {
    const one = await clocked();
    const blocked = await one.journal.position('blocked', hold);
    await fill(one, 60);
    await blocked.save({ ...at(2), settled: [{ sequence: 3, toSequence: 60, elements: 'all' }] });
    one.pass(hour + 1);
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(1);
    await blocked.save(at(61));
    await one.journal.maintain();
    expect(one.journal.extent().firstSequence).toBe(61);
  });

  it('rejects bodies if a destination has `hold`', async () => {
    const one = await clocked(undefined, small);
    const fast = await one.journal.position('fast', evict);
    const kept = await one.journal.position('kept', hold);
    await expect(
      (async () => {
        for (let n = 0; n < 400; n += 1) {
          await fill(one, 1);
          await fast.save(at(one.journal.extent().nextSequence));
        }
      })(),
    ).rejects.toMatchObject({ code: 'journal_full' });
    expect(one.journal.extent().firstSequence).toBe(1);
    await kept.save(at(one.journal.extent().nextSequence));
    await one.journal.maintain();
    await fill(one, 1);
    expect(one.journal.retentionGaps()).toEqual([]);
  });

  it('keeps `hold` after a restart until its destination is open, for a limited time', async () => {
    const one = await clocked(undefined, small);
    const fast = await one.journal.position('fast', evict);
    await one.journal.position('kept', hold);
    await fill(one, 120);
    await fast.save(at(121));
    await one.journal.close();
    const two = await clocked(one.files, small);
    await two.journal.position('fast', evict);
    await expect(fill(two, 100)).rejects.toMatchObject({ code: 'journal_full' });
    expect(two.journal.extent().firstSequence).toBe(1);
    two.pass(61_000);
    await two.journal.maintain();
    expect(two.journal.acceptance()).toEqual({ ok: true });
    expect(two.journal.retentionGaps()).toMatchObject([{ destination: 'kept' }]);
  });

  it('a reader within evicted bodies reports them, and continues after them', async () => {
    const one = await clocked(undefined, small);
    const fast = await one.journal.position('fast', evict);
    await one.journal.position('dead', evict);
    await fill(one, 5);
    const reader = one.journal.reader(1);
    const signal = new AbortController().signal;
    expect(await reader.read({ maxBodies: 3, maxBytes: 10 ** 6 }, signal)).toHaveLength(3);
    for (let n = 0; n < 300; n += 1) {
      await fill(one, 1);
      await fast.save(at(one.journal.extent().nextSequence));
    }
    const [entry, next] = await reader.read({ maxBodies: 10, maxBytes: 10 ** 6 }, signal);
    const { firstSequence } = one.journal.extent();
    expect(entry).toMatchObject({
      kind: 'lost',
      span: { fromSequence: 4, toSequence: firstSequence - 1, reason: 'evicted' },
    });
    expect(next).toMatchObject({ kind: 'body', body: { sequence: firstSequence } });
  });

  it('a crash between storing the gap and removing the file counts nothing twice', async () => {
    const one = await clocked(undefined, small);
    const fast = await one.journal.position('fast', evict);
    await one.journal.position('dead', evict);
    await fill(one, 120);
    await fast.save(at(121));
    const before = segmentPaths(one.files);
    one.files.fail('remove', 'EIO');
    await fill(one, 45);
    const gap = one.journal.retentionGaps()[0];
    expect(gap?.bodies).toBeGreaterThan(0);
    expect(segmentPaths(one.files)[0]).toBe(before[0]);
    await one.journal.close();
    const two = await clocked(one.files, small);
    const again = await two.journal.position('fast', evict);
    await again.save(at(two.journal.extent().nextSequence));
    await fill(two, 20);
    const after = two.journal.retentionGaps()[0];
    expect(after?.bodies).toBe((after?.toSequence ?? 0) - (after?.fromSequence ?? 0) + 1);
  });
});
