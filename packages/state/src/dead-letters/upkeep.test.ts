// Full stays full until somebody has seen to it; what is resolved goes, and takes nothing with it.
import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it, vi } from 'vitest';
import type { DeadLetters } from './dead-letters.ts';
import { allOf, appendAll, letterOf, mib, openBodies, openTestDeadLetters, range } from './test-dead-letters.ts';

async function fill(letters: DeadLetters, size = 2000): Promise<number> {
  let kept = 0;
  while (!letters.full) {
    const taken = await letters.append(letterOf(kept + 1, {}, size)).then(
      () => true,
      () => false,
    );
    if (taken) kept += 1;
  }
  return kept;
}

describe('a full store', () => {
  it('refuses, evicts nothing, and takes again once some are dropped', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    const kept = await fill(letters);
    await expect(letters.append(letterOf(kept + 1, {}, 2000))).rejects.toMatchObject({ code: 'journal_full' });
    expect(letters.bytes().used).toBeLessThanOrEqual(letters.bytes().max);
    expect(letters.bytes().max).toBe((mib / 16) * 15);
    expect(await openBodies(letters)).toEqual(range(1, kept));
    // One in four, so that none of the segments is free of open ones.
    const some = range(1, kept).filter((number) => number % 4 === 0);
    await letters.resolve(some, 'dropped', 'operator');
    await vi.waitFor(() => expect(letters.full).toBe(false));
    await letters.append(letterOf(kept + 1, {}, 2000));
    const expected = range(1, kept + 1).filter((number) => !some.includes(number));
    expect(await openBodies(letters)).toEqual(expected);
    await letters.close();
    const again = await openTestDeadLetters(files);
    expect(await openBodies(again)).toEqual(expected);
    expect(again.counts().get('siem')).toEqual({
      open: expected.length,
      delivered: 0,
      dropped: some.length,
      fromRuns: 0,
    });
    await again.close();
  });

  it('takes what is rejected again, and keeps within its bound', async () => {
    const letters = await openTestDeadLetters();
    const kept = await fill(letters);
    for (let round = 2; round < 5; round += 1) {
      for (const number of letters.matching({})) {
        const { sequence } = (await letters.get(number)) ?? letterOf(0);
        await letters.replace(number, letterOf(sequence, { attempts: round }, 2000));
        expect(letters.bytes().used).toBeLessThan(1024 * 1024 * 1.1);
      }
    }
    expect((await allOf(letters)).map(({ attempts }) => attempts)).toEqual(range(1, kept).map(() => 4));
    await letters.close();
  });

  it('can be emptied when a smaller bound was configured meanwhile', async () => {
    const files = modelFiles();
    const roomy = await openTestDeadLetters(files, { maxBytes: 4 * 1024 * 1024 });
    const kept = await fill(roomy);
    await roomy.close();
    const letters = await openTestDeadLetters(files, { maxBytes: 1024 * 1024 });
    expect(letters.full).toBe(true);
    await letters.resolve(letters.matching({}), 'dropped', 'operator');
    await vi.waitFor(() => expect(letters.full).toBe(false));
    expect(letters.counts().get('siem')).toMatchObject({ open: 0, dropped: kept });
    await letters.close();
  });
});

describe('compaction', () => {
  it('frees what lies behind one old open entry, and keeps its number', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    await appendAll(letters, range(1, 300), 2000);
    const before = letters.bytes().used;
    await letters.resolve(range(2, 300), 'delivered', 'job-1');
    await vi.waitFor(() => expect(letters.bytes().used).toBeLessThan(before / 4));
    expect(await allOf(letters)).toMatchObject([{ number: 1, sequence: 1 }]);
    expect(await letters.get(1)).toEqual({ ...letterOf(1, {}, 2000), number: 1 });
    await letters.close();
    const again = await openTestDeadLetters(files);
    expect(await allOf(again)).toMatchObject([{ number: 1, sequence: 1 }]);
    expect(again.counts().get('siem')).toEqual({ open: 1, delivered: 299, dropped: 0, fromRuns: 0 });
    await again.close();
  });

  it('leaves the counts what they were, however often it is done and opened again', async () => {
    const files = modelFiles();
    let next = 1;
    let open: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const letters = await openTestDeadLetters(files);
      expect(await openBodies(letters)).toEqual(open);
      await appendAll(letters, range(next, next + 39), 3000);
      open.push(...range(next, next + 39));
      next += 40;
      const gone = letters.matching({}).filter((_, index) => index % 2 === 0);
      const bodies = (await allOf(letters))
        .filter(({ number }) => gone.includes(number))
        .map(({ sequence }) => sequence);
      open = open.filter((sequence) => !bodies.includes(sequence));
      await letters.resolve(gone, round % 2 === 0 ? 'dropped' : 'delivered', 'operator');
      await letters.compact();
      const counts = letters.counts().get('siem');
      expect((counts?.open ?? 0) + (counts?.delivered ?? 0) + (counts?.dropped ?? 0)).toBe(next - 1);
      expect(counts?.open).toBe(open.length);
      await letters.close();
    }
  });

  it('does not lose what is kept, resolved or replaced while it runs', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files, { maxBytes: 16 * 1024 * 1024 });
    await appendAll(letters, range(1, 400), 4000);
    await letters.resolve(range(1, 200), 'dropped', 'operator');
    await Promise.all([
      letters.compact(),
      appendAll(letters, range(380, 420), 4000),
      letters.resolve(range(300, 310), 'delivered', 'job-1'),
      letters.replace(250, letterOf(250, { attempts: 9 })),
    ]);
    const expected = [...range(201, 299), ...range(311, 420)];
    expect(await openBodies(letters)).toEqual(expected);
    await letters.close();
    const again = await openTestDeadLetters(files);
    expect(await openBodies(again)).toEqual(expected);
    expect((await again.find(250)).map(({ number }) => number)).not.toContain(250);
    expect(again.counts().get('siem')).toEqual({ open: 209, delivered: 11, dropped: 200, fromRuns: 0 });
    await again.close();
  });

  it('keeps what became of entries that were let go of', async () => {
    const files = modelFiles();
    let letters = await openTestDeadLetters(files);
    for (const from of [1, 101, 201]) {
      await appendAll(letters, range(from, from + 99), 2000);
      await letters.resolve(letters.matching({}), 'dropped', 'operator');
    }
    await vi.waitFor(() => expect(letters.bytes().used).toBeLessThan(300_000));
    await letters.close();
    letters = await openTestDeadLetters(files);
    expect(await letters.find(50)).toMatchObject([{ number: 50, resolved: { how: 'dropped' } }]);
    expect(letters.counts().get('siem')).toEqual({ open: 0, delivered: 0, dropped: 300, fromRuns: 0 });
    await letters.close();
  });

  it('forgets what became of entries whose body the journal no longer holds, and of no other', async () => {
    let firstBody = 0;
    const letters = await openTestDeadLetters(modelFiles(), { firstBody: () => firstBody });
    await appendAll(letters, range(1, 4));
    for (const number of range(1, 3)) await letters.resolve([number], 'dropped', 'operator');
    firstBody = 2;
    await letters.resolve([4], 'dropped', 'operator');
    await vi.waitFor(async () => expect(await letters.find(1)).toEqual([]));
    expect((await Promise.all(range(2, 4).map((body) => letters.find(body)))).flat()).toHaveLength(3);
    await letters.close();
  });

  it('does not resolve again what was kept once more after its resolution', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    // As many as make the resolution the last record of what is moved at once, and the new entry the first of the next.
    await appendAll(letters, range(1, 255));
    // Both are asked for while the entry is open; the resolution gets to the disk first.
    const resolved = letters.resolve([1], 'delivered', 'job-1');
    await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
    await Promise.all([resolved, letters.append(letterOf(1))]);
    expect(await openBodies(letters)).toEqual(range(1, 255));
    await letters.compact();
    expect(await openBodies(letters)).toEqual(range(1, 255));
    await letters.close();
    const again = await openTestDeadLetters(files);
    expect(await openBodies(again)).toEqual(range(1, 255));
    await again.close();
  });

  it('that the disk fails loses nothing, and is done later', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    await appendAll(letters, range(1, 100), 3000);
    await letters.resolve(range(1, 40), 'dropped', 'operator');
    files.fail('write', 'ENOSPC');
    await expect(letters.compact()).rejects.toMatchObject({ code: 'journal_full' });
    expect(await openBodies(letters)).toEqual(range(41, 100));
    files.heal();
    await letters.close();
    const again = await openTestDeadLetters(files);
    await again.compact();
    expect(await openBodies(again)).toEqual(range(41, 100));
    expect(again.counts().get('siem')).toEqual({ open: 60, delivered: 0, dropped: 40, fromRuns: 0 });
    await again.close();
  });
});
