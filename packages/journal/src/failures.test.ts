import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { appendText, readAll, segmentPaths, spansOf, testJournal, textsOf } from './fixtures/test-journal.ts';

describe('a disk without room', () => {
  it.each([
    ['ENOSPC', 'ENOSPC'],
    ['a write that is cut short, then ENOSPC', { short: 10 }],
  ] as const)('refuses all who wait and takes bodies again in a new segment: %s', async (_, failure) => {
    const { journal, files } = await testJournal();
    const first = await appendText(journal, 'one');
    files.fail('write', failure);
    if (failure !== 'ENOSPC') files.fail('write', 'ENOSPC');
    const results = await Promise.allSettled([appendText(journal, 'two'), appendText(journal, 'three')]);
    expect(results).toMatchObject([{ reason: { code: 'journal_full' } }, { reason: { code: 'journal_full' } }]);
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'journal_full' });
    await expect(appendText(journal, 'four')).rejects.toMatchObject({ code: 'journal_full' });
    await journal.maintain();
    expect(journal.acceptance()).toEqual({ ok: true });
    const second = await appendText(journal, 'five');
    expect(second.slice(0, 14)).not.toBe(first.slice(0, 14));
    expect(segmentPaths(files)).toHaveLength(2);
    expect(textsOf(await readAll(journal))).toEqual(['one', 'five']);
    expect(spansOf(await readAll(journal))).toEqual([]);
    await journal.close();
    expect(textsOf(await readAll((await testJournal(files)).journal))).toEqual(['one', 'five']);
  });

  it('writes the rest where a write is merely short', async () => {
    const { journal, files } = await testJournal();
    files.fail('write', { short: 7 });
    await appendText(journal, 'one');
    expect(textsOf(await readAll(journal))).toEqual(['one']);
  });

  it('gives the sequences of refused bodies to others even if they cannot be cut off', async () => {
    const { journal, files } = await testJournal();
    await appendText(journal, 'one');
    files.fail('datasync', 'ENOSPC');
    files.fail('truncate', 'EIO');
    await expect(appendText(journal, 'refused')).rejects.toMatchObject({ code: 'journal_full' });
    await journal.maintain();
    await appendText(journal, 'two');
    expect(textsOf(await readAll(journal))).toEqual(['one', 'two']);
    await journal.close();
    const { journal: again } = await testJournal(files);
    expect(textsOf(await readAll(again))).toEqual(['one', 'two']);
    expect(again.lostSpans()).toEqual([]);
  });

  it('does not take refused bodies for later ones, whatever else is damaged', async () => {
    const { journal, files } = await testJournal();
    for (const text of ['one', 'two']) await appendText(journal, text);
    files.fail('datasync', 'ENOSPC');
    files.fail('truncate', 'EIO');
    const refused = await Promise.allSettled([appendText(journal, 'refused 3'), appendText(journal, 'refused 4')]);
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await journal.maintain();
    for (const text of ['three', 'four']) await appendText(journal, text);
    await journal.close();
    const path = segmentPaths(files)[0] ?? '';
    const content = files.content(path);
    for (const text of ['two', 'refused 3']) content.write('x', content.indexOf(text));
    files.put(path, content);
    const entries = await readAll((await testJournal(files)).journal);
    expect(textsOf(entries)).toEqual(['one', 'three', 'four']);
    expect(spansOf(entries)).toMatchObject([{ fromSequence: 2, toSequence: 2 }]);
  });

  it('keeps the order of two segments that begin at the same sequence', async () => {
    const { journal, files } = await testJournal();
    files.fail('datasync', 'ENOSPC');
    files.fail('truncate', 'EIO');
    await expect(appendText(journal, 'refused')).rejects.toMatchObject({ code: 'journal_full' });
    await journal.maintain();
    await appendText(journal, 'one');
    await journal.close();
    expect(segmentPaths(files)).toHaveLength(2);
    expect(textsOf(await readAll((await testJournal(files)).journal))).toEqual(['one']);
  });

  it('or without a free file handle at a roll is waited for', async () => {
    const { journal, files } = await testJournal(modelFiles(), { segmentBytes: 16_000 });
    await appendText(journal, 'x'.repeat(16_000));
    files.fail('open', 'EMFILE');
    await expect(appendText(journal, 'refused')).rejects.toMatchObject({ code: 'journal_full' });
    await journal.maintain();
    await appendText(journal, 'kept');
  });

  it('opens and refuses, then takes bodies when there is room', async () => {
    const files = modelFiles();
    files.setFreeBytes(100);
    let nowMs = 0;
    const { journal } = await testJournal(files, { now: () => nowMs });
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'journal_full' });
    files.setFreeBytes(10 ** 9);
    nowMs += 1000;
    await journal.maintain();
    await appendText(journal, 'one');
  });

  it('is noticed before it is full, and asked about at most once a second', async () => {
    let nowMs = 0;
    const { journal, files } = await testJournal(modelFiles(), { minFreeBytes: 10 ** 6, now: () => nowMs });
    await appendText(journal, 'one');
    files.setFreeBytes(10 ** 6 + 10);
    await appendText(journal, 'two');
    nowMs += 1000;
    await expect(appendText(journal, 'three')).rejects.toMatchObject({ code: 'journal_full' });
    files.setFreeBytes(10 ** 9);
    nowMs += 1000;
    await journal.maintain();
    await appendText(journal, 'four');
    expect(textsOf(await readAll(journal))).toEqual(['one', 'two', 'four']);
  });
});

it('a body is refused that would take the disk below what is to stay free', async () => {
  let nowMs = 0;
  const { journal, files } = await testJournal(modelFiles(), { minFreeBytes: 10 ** 6, now: () => nowMs });
  files.setFreeBytes(10 ** 6 + 10_000);
  nowMs += 1000;
  await expect(appendText(journal, 'x'.repeat(10_000))).rejects.toMatchObject({ code: 'journal_full' });
});

it('a log whose segments were all removed for a full disk has lost none of them', async () => {
  let nowMs = 0;
  const options = { minFreeBytes: 10 ** 6, now: () => nowMs };
  const first = await testJournal(modelFiles(), options);
  for (let n = 0; n < 20; n += 1) await appendText(first.journal, 'x'.repeat(1000));
  await first.journal.close();
  const { journal, files } = await testJournal(first.files, options);
  const position = await journal.position('archive', { startAt: 'earliest', whenFull: 'evict' });
  await position.save({ ...position.position, sequence: journal.extent().nextSequence });
  files.setFreeBytes(50_000);
  nowMs += 1000;
  await expect(appendText(journal, 'refused')).rejects.toMatchObject({ code: 'journal_full' });
  await journal.maintain();
  const killed = files.kill();
  killed.setFreeBytes(0);
  // It removes the newest segment, in which nothing is, and has no place for another.
  await testJournal(killed, options);
  expect(segmentPaths(killed)).toEqual([]);
  const after = killed.kill();
  after.setFreeBytes(10 ** 9);
  const { journal: again } = await testJournal(after, options);
  expect(again.lostSpans()).toEqual([]);
  await appendText(again, 'one more');
  expect(again.extent()).toMatchObject({ firstSequence: 21, nextSequence: 22, bodies: 1 });
});

it('a disk that is short of room loses only as many settled segments as that takes', async () => {
  let nowMs = 0;
  const options = { minFreeBytes: 10 ** 6, segmentBytes: 20_000, now: () => nowMs };
  const { journal, files } = await testJournal(modelFiles(), options);
  const usedBytes = (): number => segmentPaths(files).reduce((sum, path) => sum + files.content(path).length, 0);
  Object.assign(files, { freeBytes: async () => 10 ** 6 + 150_000 - usedBytes() });
  const position = await journal.position('archive', { startAt: 'earliest', whenFull: 'evict' });
  for (let n = 0; n < 300; n += 1) {
    nowMs += 1000;
    await appendText(journal, 'x'.repeat(1000));
    await position.save({ ...position.position, sequence: journal.extent().nextSequence });
    if (n > 150) expect(usedBytes()).toBeGreaterThan(100_000);
  }
  expect(usedBytes()).toBeLessThanOrEqual(150_000);
  await journal.close();
});

describe('a disk that fails', () => {
  it.each(['write', 'datasync'] as const)('ends appending for good, and not reading: EIO on %s', async (operation) => {
    const { journal, files } = await testJournal();
    await appendText(journal, 'one');
    const position = await journal.position('archive', { startAt: 'earliest', whenFull: 'evict' });
    files.fail(operation, 'EIO');
    await expect(appendText(journal, 'two')).rejects.toMatchObject({ code: 'journal_failed' });
    await journal.maintain();
    await expect(appendText(journal, 'three')).rejects.toMatchObject({ code: 'journal_failed' });
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'journal_failed' });
    expect(textsOf(await readAll(journal))).toEqual(['one']);
    await position.save({ ...position.position, sequence: 2 });
    await journal.close();
    const { journal: again } = await testJournal(files);
    expect(textsOf(await readAll(again))).toEqual(['one']);
    await appendText(again, 'after the restart');
  });

  it('is noticed by upkeep, so that the journal says so before the next body comes', async () => {
    const failures: string[] = [];
    const { journal, files } = await testJournal(undefined, { onFailure: ({ code }) => failures.push(code) });
    await appendText(journal, 'one');
    // The head mark is written next: it is the first to meet the disk.
    files.fail('write', 'EIO');
    await journal.maintain();
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'journal_failed' });
    await expect(appendText(journal, 'two')).rejects.toMatchObject({ code: 'journal_failed' });
    expect(failures).toEqual(['journal_failed']);
    expect(textsOf(await readAll(journal))).toEqual(['one']);
    await journal.close();
  });

  it('that turned read-only refuses bodies, and lets itself be read', async () => {
    const { journal, files } = await testJournal();
    await appendText(journal, 'one');
    files.fail('write', 'EROFS', 1000);
    await expect(appendText(journal, 'two')).rejects.toMatchObject({ code: 'journal_full' });
    expect(textsOf(await readAll(journal))).toEqual(['one']);
    await journal.close();
  });

  it('does not keep the journal from opening', async () => {
    const files = modelFiles();
    files.fail('datasync', 'EIO');
    const { journal } = await testJournal(files);
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'journal_failed' });
    await journal.close();
  });
});
