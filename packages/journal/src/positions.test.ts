import type { PositionOptions } from '@xiq-siem/core';
import { maxSettledRanges, type Position } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { appendText, at, testJournal } from './fixtures/test-journal.ts';
import { openSlotFile } from './slot-file.ts';

const earliest: PositionOptions = { startAt: 'earliest', whenFull: 'evict' };
const now: PositionOptions = { startAt: 'now', whenFull: 'evict' };
const path = '/data/positions/archive.position';
const slot = 128 * 1024;

async function withBodies(count: number): ReturnType<typeof testJournal> {
  const opened = await testJournal();
  for (let n = 0; n < count; n += 1) await appendText(opened.journal, `${n}`);
  return opened;
}

const busy: Position = {
  sequence: 2,
  settled: [
    {
      sequence: 2,
      elements: [
        [0, 3],
        [7, 7],
      ],
    },
    { sequence: 3, elements: 'all' },
  ],
  counters: { normalized: 9, delivered: 5, degraded: 1, duplicate: 1, deadLettered: 2, filtered: 1, damaged: 1 },
};

describe('a position', () => {
  it('starts at the earliest body, or at the tail', async () => {
    const { journal } = await withBodies(3);
    expect((await journal.position('first', earliest)).position).toEqual(at(1));
    expect((await journal.position('later', now)).position).toEqual(at(4));
  });

  it('is read with its counters, whatever startAt is', async () => {
    const { journal, files } = await withBodies(5);
    const position = await journal.position('archive', now);
    await position.save(busy);
    await journal.close();
    const { journal: again } = await testJournal(files);
    expect((await again.position('archive', now)).position).toEqual(busy);
  });

  it('in the form without runs is read', async () => {
    const { journal, files } = await withBodies(9);
    const slots = await openSlotFile(files, path, { schema: z.looseObject({}), slotBytes: slot });
    const settled = [3, 4, 6].map((sequence) => ({ sequence, elements: 'all' as const }));
    await slots.save({ whenFull: 'hold', position: { ...busy, settled } });
    await slots.close();
    await journal.close();
    const { journal: again } = await testJournal(files);
    expect((await again.position('archive', now)).position).toEqual({ ...busy, settled });
  });

  it('with a run of bodies after an open one is read', async () => {
    const run = (sequence: number, toSequence: number) => ({ sequence, toSequence, elements: 'all' }) as const;
    const kept: readonly [settled: Position['settled'], nextSequence: number][] = [
      [[run(2, 90)], 101],
      [[run(2, 80), run(82, 100)], 101],
      [[run(2, 80), run(82, 101)], 102],
      [[run(100, 5000)], 5001],
    ];
    for (const [settled, nextSequence] of kept) {
      const { journal, files } = await withBodies(100);
      await (await journal.position('archive', earliest)).save({ ...at(1), settled });
      const { journal: again } = await testJournal(files.kill());
      expect((await again.position('archive', earliest)).position).toEqual({ ...at(1), settled });
      expect(again.extent().nextSequence).toBe(nextSequence);
    }
  });

  it('is rejected with runs of less than two bodies, or bodies that do not ascend', async () => {
    const { journal } = await withBodies(9);
    const position = await journal.position('archive', earliest);
    const all = 'all' as const;
    const wrong: readonly Position['settled'][] = [
      [{ sequence: 5, toSequence: 5, elements: all }],
      [{ sequence: 5, toSequence: 4, elements: all }],
      [
        { sequence: 2, toSequence: 5, elements: all },
        { sequence: 5, elements: [[0, 0]] },
      ],
      [
        { sequence: 5, elements: all },
        { sequence: 3, elements: all },
      ],
    ];
    for (const settled of wrong)
      await expect(position.save({ ...at(1), settled })).rejects.toMatchObject({ code: 'position_failed' });
    expect(position.position).toEqual(at(1));
  });

  it('uses the previous save if the newest slot is damaged at any byte', async () => {
    const { journal, files } = await withBodies(5);
    const position = await journal.position('archive', earliest);
    await position.save(at(2));
    await position.save(at(3));
    await journal.close();
    const content = files.content(path);
    const newest = content.toString('latin1', 0, slot).includes('"sequence":3') ? 0 : slot;
    const length = 20 + content.readUInt32LE(newest + 16);
    for (let offset = newest; offset < newest + length; offset += 1) {
      const copy = files.copy();
      const flipped = Buffer.from(content);
      flipped.writeUInt8(flipped.readUInt8(offset) ^ 0x10, offset);
      copy.put(path, flipped);
      const { journal: again } = await testJournal(copy);
      const reopened = await again.position('archive', earliest);
      expect(reopened.position.sequence, `byte ${offset}`).toBe(2);
      await reopened.save(at(4));
      await again.close();
      const { journal: third } = await testJournal(copy);
      expect((await third.position('archive', earliest)).position.sequence).toBe(4);
    }
  });

  it('starts at the earliest body if both slots are damaged, and logs it', async () => {
    const { journal, files } = await withBodies(3);
    const position = await journal.position('archive', now);
    await position.save(at(3));
    await journal.close();
    files.put(path, files.content(path).fill(0));
    const { journal: again, log } = await testJournal(files);
    expect((await again.position('archive', now)).position.sequence).toBe(1);
    expect(log.of('position.restarted')).toHaveLength(1);
  });

  it('L13: beyond the tail moves the tail: no sequence is used twice', async () => {
    const { journal, files } = await withBodies(3);
    for (const name of ['archive', 'other']) {
      const position = await journal.position(name, earliest);
      await position.save({ ...busy, sequence: 2, settled: [{ sequence: 3, elements: 'all' }] });
    }
    await journal.close();
    for (const one of files.paths()) if (one.startsWith('/data/journal/')) await files.remove(one);
    const incidents: unknown[] = [];
    const onIncident = async (incident: unknown): Promise<void> => void incidents.push(incident);
    const { journal: again } = await testJournal(files, { onIncident });
    expect(incidents).toMatchObject([{ kind: 'journal', lost: undefined }]);
    expect(again.retentionGaps()).toMatchObject([
      { destination: 'archive', fromSequence: 2, toSequence: 3, bodies: 1, reason: 'missing' },
      { destination: 'other', fromSequence: 2, toSequence: 3, bodies: 1, reason: 'missing' },
    ]);
    await appendText(again, 'new');
    expect(again.extent()).toMatchObject({ firstSequence: 4, nextSequence: 5 });
    expect((await again.position('other', earliest)).position).toMatchObject({ sequence: 2 });
  });

  it('keeps the last successful save if one fails, and saves the next', async () => {
    const { journal, files } = await withBodies(5);
    const position = await journal.position('archive', earliest);
    await position.save(at(2));
    for (const operation of ['datasync', 'write'] as const) {
      files.fail(operation, 'ENOSPC');
      await expect(position.save(at(3))).rejects.toMatchObject({ code: 'position_failed' });
      expect(position.position.sequence).toBe(2);
    }
    await position.save(at(4));
    await journal.close();
    const { journal: again } = await testJournal(files);
    expect((await again.position('archive', earliest)).position.sequence).toBe(4);
  });

  it('opens on a full disk, and is stored by the next successful save', async () => {
    const { journal, files, log } = await withBodies(3);
    files.fail('write', 'ENOSPC');
    const position = await journal.position('archive', earliest);
    expect(log.of('position.write_failed')).toHaveLength(1);
    await position.save(at(3));
    const { journal: again } = await testJournal(files.crash(() => false));
    expect((await again.position('archive', earliest)).position.sequence).toBe(3);
  });

  it('shares a save among calls during another save, and ends with the newest', async () => {
    const { journal } = await withBodies(50);
    const position = await journal.position('archive', earliest);
    await Promise.all(Array.from({ length: 50 }, (_, n) => position.save(at(n + 1))));
    expect(position.position.sequence).toBe(50);
  });

  it('stores as many settled ranges as the contract allows, and no more', async () => {
    const { journal } = await withBodies(2);
    const position = await journal.position('archive', earliest);
    const big = Number.MAX_SAFE_INTEGER - 4 * maxSettledRanges;
    const elements = [[999_998, 999_999]] as const;
    const parts = Array.from({ length: maxSettledRanges }, (_, n) => ({ sequence: big + n, elements }));
    const singles = parts.map(({ sequence }) => ({ sequence, elements: 'all' as const }));
    const runs = Array.from({ length: maxSettledRanges / 2 }, (_, n) => {
      return { sequence: big + 3 * n, toSequence: big + 3 * n + 1, elements: 'all' as const };
    });
    for (const settled of [parts, singles, runs]) {
      await position.save({ ...at(1), settled });
      const tooMany = [...settled, { sequence: Number.MAX_SAFE_INTEGER, elements: 'all' as const }];
      await expect(position.save({ ...at(1), settled: tooMany })).rejects.toMatchObject({ code: 'position_failed' });
    }
  });

  it('has one owner, and its name cannot leave the directory', async () => {
    const { journal } = await withBodies(1);
    await journal.position('archive', earliest);
    await expect(journal.position('archive', earliest)).rejects.toThrow('already open');
    for (const name of ['', '../x', 'A', 'a/b', 'a'.repeat(65)]) {
      await expect(journal.position(name, earliest), name).rejects.toThrow('not a valid destination name');
    }
  });
});
