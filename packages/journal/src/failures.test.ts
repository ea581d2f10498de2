import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { appendText, readAll, segmentPaths, spansOf, testJournal, textsOf } from './fixtures/test-journal.ts';

describe('a full disk', () => {
  it.each([
    ['ENOSPC', 'ENOSPC'],
    ['a write that is cut short, then ENOSPC', { short: 10 }],
  ] as const)('rejects all waiting appends, then accepts bodies in a new segment: %s', async (_, failure) => {
    const { journal, files } = await testJournal();
    const first = await appendText(journal, 'one');
    files.fail('write', failure);
    if (failure !== 'ENOSPC') files.fail('write', 'ENOSPC');
    const results = await Promise.allSettled([appendText(journal, 'two'), appendText(journal, 'three')]);
    expect(results).toMatchObject([{ reason: { code: 'disk_full' } }, { reason: { code: 'disk_full' } }]);
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'disk_full' });
    await expect(appendText(journal, 'four')).rejects.toMatchObject({ code: 'disk_full' });
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

  it('completes a short write', async () => {
    const { journal, files } = await testJournal();
    files.fail('write', { short: 7 });
    await appendText(journal, 'one');
    expect(textsOf(await readAll(journal))).toEqual(['one']);
  });

  it('reuses the sequences of rejected bodies even if they cannot be cut off', async () => {
    const { journal, files } = await testJournal();
    await appendText(journal, 'one');
    files.fail('datasync', 'ENOSPC');
    files.fail('truncate', 'EIO');
    await expect(appendText(journal, 'refused')).rejects.toMatchObject({ code: 'disk_full' });
    await journal.maintain();
    await appendText(journal, 'two');
    expect(textsOf(await readAll(journal))).toEqual(['one', 'two']);
    await journal.close();
    const { journal: again } = await testJournal(files);
    expect(textsOf(await readAll(again))).toEqual(['one', 'two']);
    expect(again.lostSpans()).toEqual([]);
  });

  it('does not read rejected bodies in place of later ones, whatever is damaged', async () => {
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

  it('keeps the order of two segments that start at the same sequence', async () => {
    const { journal, files } = await testJournal();
    files.fail('datasync', 'ENOSPC');
    files.fail('truncate', 'EIO');
    await expect(appendText(journal, 'refused')).rejects.toMatchObject({ code: 'disk_full' });
    await journal.maintain();
    await appendText(journal, 'one');
    await journal.close();
    expect(segmentPaths(files)).toHaveLength(2);
    expect(textsOf(await readAll((await testJournal(files)).journal))).toEqual(['one']);
  });

  it('or a lack of file handles at a new segment is temporary', async () => {
    const { journal, files } = await testJournal(modelFiles(), { segmentBytes: 16_000 });
    await appendText(journal, 'x'.repeat(16_000));
    files.fail('open', 'EMFILE');
    await expect(appendText(journal, 'refused')).rejects.toMatchObject({ code: 'journal_unwritable' });
    await journal.maintain();
    await appendText(journal, 'kept');
  });

  it('opens and rejects bodies, then accepts them once there is capacity', async () => {
    const files = modelFiles();
    files.setFreeBytes(100);
    let nowMs = 0;
    const { journal } = await testJournal(files, { now: () => nowMs });
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'disk_full' });
    files.setFreeBytes(10 ** 9);
    nowMs += 1000;
    await journal.maintain();
    await appendText(journal, 'one');
  });

  it('is detected before it is full, with one check per second at most', async () => {
    let nowMs = 0;
    const { journal, files } = await testJournal(modelFiles(), { minFreeBytes: 10 ** 6, now: () => nowMs });
    await appendText(journal, 'one');
    files.setFreeBytes(10 ** 6 + 10);
    await appendText(journal, 'two');
    nowMs += 1000;
    await expect(appendText(journal, 'three')).rejects.toMatchObject({ code: 'disk_full' });
    files.setFreeBytes(10 ** 9);
    nowMs += 1000;
    await journal.maintain();
    await appendText(journal, 'four');
    expect(textsOf(await readAll(journal))).toEqual(['one', 'two', 'four']);
  });
});

it('rejects a body that would reduce the free space below minFreeBytes', async () => {
  let nowMs = 0;
  const { journal, files } = await testJournal(modelFiles(), { minFreeBytes: 10 ** 6, now: () => nowMs });
  files.setFreeBytes(10 ** 6 + 10_000);
  nowMs += 1000;
  await expect(appendText(journal, 'x'.repeat(10_000))).rejects.toMatchObject({ code: 'disk_full' });
});

it('reports no loss after all segments were removed from a full disk', async () => {
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
  await expect(appendText(journal, 'refused')).rejects.toMatchObject({ code: 'disk_full' });
  await journal.maintain();
  const killed = files.kill();
  killed.setFreeBytes(0);
  // It removes the newest segment, which is empty, and cannot create another.
  await testJournal(killed, options);
  expect(segmentPaths(killed)).toEqual([]);
  const after = killed.kill();
  after.setFreeBytes(10 ** 9);
  const { journal: again } = await testJournal(after, options);
  expect(again.lostSpans()).toEqual([]);
  await appendText(again, 'one more');
  expect(again.extent()).toMatchObject({ firstSequence: 21, nextSequence: 22, bodies: 1 });
});

it('removes only as many settled segments as a full disk needs', async () => {
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
  it.each(['write', 'datasync'] as const)('ends appends for good, but not reads: EIO on %s', async (operation) => {
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

  it('is detected by the maintenance, before the next append', async () => {
    const failures: string[] = [];
    const { journal, files } = await testJournal(undefined, { onFailure: ({ code }) => failures.push(code) });
    await appendText(journal, 'one');
    // The head is written next, and finds the error.
    files.fail('write', 'EIO');
    await journal.maintain();
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'journal_failed' });
    await expect(appendText(journal, 'two')).rejects.toMatchObject({ code: 'journal_failed' });
    expect(failures).toEqual(['journal_failed']);
    expect(textsOf(await readAll(journal))).toEqual(['one']);
    await journal.close();
  });

  it('that became read-only rejects appends, but not reads', async () => {
    const { journal, files } = await testJournal();
    await appendText(journal, 'one');
    files.fail('write', 'EROFS', 1000);
    await expect(appendText(journal, 'two')).rejects.toMatchObject({ code: 'journal_unwritable' });
    expect(textsOf(await readAll(journal))).toEqual(['one']);
    await journal.close();
  });

  it('does not prevent the journal from opening', async () => {
    const files = modelFiles();
    files.fail('datasync', 'EIO');
    const { journal } = await testJournal(files);
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'journal_failed' });
    await journal.close();
  });
});
