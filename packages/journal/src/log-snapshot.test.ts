import type { PositionOptions } from '@xiq-siem/core';
import { createRecordingLogger, type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import {
  appendText,
  at,
  damage,
  readAll,
  readToEnd,
  segmentPaths,
  spansOf,
  testJournal,
  textsOf,
} from './fixtures/test-journal.ts';
import { logSnapshot } from './open-snapshot.ts';
import { recordsStart } from './segment-format.ts';

const evict: PositionOptions = { startAt: 'earliest', whenFull: 'evict' };
const texts = ['{"a":1}', '[{"b":"two"}]', 'not json at all', '{"d":4}'];

async function snapshotOf(files: ModelFiles) {
  const log = createRecordingLogger();
  return { snapshot: await logSnapshot('/data', files, log), log };
}

/** Two segments of two bodies and a position. The second is as after a crash, with a head from before it. */
async function crashed(): Promise<ModelFiles> {
  const files = modelFiles();
  const { journal } = await testJournal(files);
  for (const text of texts.slice(0, 2)) await appendText(journal, text);
  await (await journal.position('archive', evict)).save(at(2));
  await journal.close();
  const { journal: again } = await testJournal(files);
  for (const text of texts.slice(2)) await appendText(again, text);
  return files.crash(() => true);
}

function contents(files: ModelFiles): ReadonlyMap<string, string> {
  return new Map(files.paths().map((path) => [path, files.content(path).toString('base64')]));
}

/** Checks that a snapshot returns the same as a start, and changes nothing. */
async function sameAsOpening(files: ModelFiles, what: string): Promise<void> {
  const before = contents(files);
  const { snapshot } = await snapshotOf(files);
  const seen = await readToEnd(snapshot.reader(1));
  const [first] = seen;
  if (first?.kind === 'body') expect(await snapshot.find(first.body.receipt), what).toEqual(first);
  expect(contents(files), what).toEqual(before);
  expect(files.openHandles(), what).toBe(0);

  const { journal } = await testJournal(files);
  expect(snapshot.extent().nextSequence, what).toBe(journal.extent().nextSequence);
  const opened = await readAll(journal);
  expect(textsOf(seen), what).toEqual(textsOf(opened));
  const spans = (entries: typeof seen) =>
    spansOf(entries).map(({ fromSequence, toSequence, reason }) => ({ fromSequence, toSequence, reason }));
  expect(spans(seen), what).toEqual(spans(opened));
  const said = (all: ReturnType<typeof journal.lostSpans>) => all.map((one) => [one.fromSequence, one.toSequence]);
  expect(said(snapshot.lostSpans()), what).toEqual(said(journal.lostSpans()));
  expect(snapshot.positions(), what).toEqual(journal.positions());
}

describe('a snapshot returns the same as a start, and changes nothing', () => {
  it.each([0, 1])('with a cut segment, in its headers or in any record (segment %i)', async (index) => {
    const whole = await crashed();
    const path = segmentPaths(whole)[index] ?? '';
    const content = whole.content(path);
    for (let length = 0; length < content.length; length += length < recordsStart ? 397 : 5) {
      const files = whole.copy();
      files.put(path, content.subarray(0, length));
      await sameAsOpening(files, `cut at ${length}`);
    }
  });

  it.each([0, 1])('with a flipped byte in any record (segment %i)', async (index) => {
    const whole = await crashed();
    const path = segmentPaths(whole)[index] ?? '';
    const content = whole.content(path);
    for (let offset = recordsStart; offset < content.length; offset += 7) {
      const files = whole.copy();
      const flipped = Buffer.from(content);
      flipped.writeUInt8(flipped.readUInt8(offset) ^ 0xff, offset);
      files.put(path, flipped);
      await sameAsOpening(files, `byte ${offset}`);
    }
  });

  it('without a head, or with a damaged one', async () => {
    for (const head of [undefined, Buffer.alloc(8192, 'x')]) {
      const files = await crashed();
      if (head === undefined) await files.remove('/data/journal/head');
      else files.put('/data/journal/head', head);
      await sameAsOpening(files, 'head');
    }
  });

  it('with a segment without headers, of another log, or missing', async () => {
    for (const index of [0, 1]) {
      const headless = await crashed();
      const path = segmentPaths(headless)[index] ?? '';
      const { journal: other, files: elsewhere } = await testJournal();
      for (const text of texts) await appendText(other, text);
      const foreign = headless.copy();
      foreign.put(path, elsewhere.content(segmentPaths(elsewhere)[0] ?? ''));
      const gone = headless.copy();
      await gone.remove(path);
      headless.put(path, headless.content(path).fill(0, 0, recordsStart));
      for (const files of [headless, foreign, gone]) await sameAsOpening(files, `segment ${index}`);
    }
  });

  it('with positions that are damaged or beyond the tail', async () => {
    const files = await crashed();
    const { journal } = await testJournal(files);
    for (const name of ['damaged', 'beyond']) await (await journal.position(name, evict)).save(at(5));
    await journal.close();
    files.put('/data/positions/damaged.position', Buffer.alloc(300_000));
    const [, second = '', third = ''] = segmentPaths(files);
    for (const path of [second, third, '/data/journal/head']) await files.remove(path);
    const { snapshot } = await snapshotOf(files);
    expect(Object.fromEntries(snapshot.positions())).toEqual({ archive: at(2), beyond: at(5), damaged: at(1) });
    expect(snapshot.incidents.map(({ kind }) => kind)).toEqual(['journal', 'position']);
    expect(snapshot.extent().nextSequence).toBe(5);
    await sameAsOpening(files, 'positions');
  });

  it('of an empty directory', async () => {
    const { snapshot } = await snapshotOf(modelFiles());
    expect(snapshot.extent()).toEqual({ firstSequence: 1, nextSequence: 1, bodies: 0, bytes: 0, hasRemoved: false });
    expect(await readToEnd(snapshot.reader(1))).toEqual([]);
    expect(snapshot.positions().size).toBe(0);
  });
});

describe('a snapshot', () => {
  it('logs what a start would repair', async () => {
    const files = await crashed();
    const path = segmentPaths(files)[1] ?? '';
    files.put(path, files.content(path).subarray(0, -3));
    const { snapshot, log } = await snapshotOf(files);
    expect(log.of('journal.not_repaired')).toMatchObject([{ attributes: { path, kind: 'torn' } }]);
    expect(snapshot.extent().nextSequence).toBe(4);
  });

  it('logs each loss once, however often it is read', async () => {
    const files = await crashed();
    damage(files, '"two"');
    const { snapshot, log } = await snapshotOf(files);
    for (let n = 0; n < 2; n += 1) expect(spansOf(await readToEnd(snapshot.reader(1)))).toHaveLength(1);
    expect(log.of('journal.bodies_lost')).toHaveLength(1);
    expect(snapshot.lostSpans()).toMatchObject([{ fromSequence: 2, toSequence: 2 }]);
  });

  it('finds times, bytes and evicted bodies as the journal does', async () => {
    const { journal, files } = await testJournal(undefined, { segmentBytes: 16_000, maxBytes: 100_000 });
    const fast = await journal.position('fast', evict);
    await journal.position('slow', evict);
    const receipts: string[] = [];
    for (let n = 1; n <= 200; n += 1) {
      const metadata = { source: 'xiq', origin: 'webhook', receivedAtMs: n * 10 } as const;
      receipts.push(await journal.append(metadata, Buffer.alloc(1000, 'x')));
      await fast.save(at(n + 1));
    }
    expect(journal.retentionGaps()).toHaveLength(1);
    const { snapshot } = await snapshotOf(files);
    expect(snapshot.extent()).toEqual(journal.extent());
    expect(snapshot.retentionGaps()).toEqual(journal.retentionGaps());
    expect(snapshot.positions()).toEqual(journal.positions());
    const never = new AbortController().signal;
    expect(await snapshot.sequenceAt(1905, never)).toBe(191);
    for (const sequence of [1, 150, 190, 201]) expect(snapshot.bytesFrom(sequence)).toBe(journal.bytesFrom(sequence));
    expect(await snapshot.find(receipts[0] ?? '')).toMatchObject({ kind: 'removed' });
    expect(await snapshot.find(receipts[199] ?? '')).toMatchObject({ kind: 'body', body: { sequence: 200 } });
    await snapshot.close();
    await expect(snapshot.find(receipts[199] ?? '')).rejects.toMatchObject({ code: 'journal_closed' });
  });
});

describe('a snapshot of a running journal', () => {
  it('ends all readers at its tail', async () => {
    const { journal, files } = await testJournal(undefined, { segmentBytes: 16_000 });
    for (const text of texts) await appendText(journal, text);
    const { snapshot } = await snapshotOf(files);
    const reader = snapshot.reader(1);
    for (let n = 0; n < 40; n += 1) await appendText(journal, 'x'.repeat(1000));
    expect(textsOf(await readToEnd(reader))).toEqual(texts);
    expect(textsOf(await readToEnd(snapshot.reader(3, 99)))).toEqual(texts.slice(2));
    expect(snapshot.extent().nextSequence).toBe(5);
  });

  it('reports a segment that is removed meanwhile as evicted, not as lost', async () => {
    let nowMs = 0;
    const options = { segmentBytes: 16_000, retainForMs: 1000, now: () => nowMs };
    const { journal, files } = await testJournal(undefined, options);
    const archive = await journal.position('archive', evict);
    const receipts: string[] = [];
    for (let n = 1; n <= 60; n += 1) receipts.push(await appendText(journal, `${n} ${'x'.repeat(1000)}`));
    const { snapshot, log } = await snapshotOf(files);
    expect(snapshot.extent().firstSequence).toBe(1);
    await archive.save(at(40));
    nowMs = 2000;
    await journal.maintain();
    const { firstSequence } = journal.extent();
    expect(firstSequence).toBeGreaterThan(10);

    const entries = await readToEnd(snapshot.reader(1));
    expect(spansOf(entries)).toMatchObject([{ fromSequence: 1, toSequence: firstSequence - 1, reason: 'evicted' }]);
    expect(textsOf(entries)).toHaveLength(61 - firstSequence);
    expect(await snapshot.find(receipts[0] ?? '')).toMatchObject({ kind: 'removed' });
    expect(snapshot.extent().firstSequence).toBe(firstSequence);
    expect(log.of('journal.bodies_lost')).toEqual([]);
  });

  it('reports a segment that is removed between reading the head and the segments as evicted too', async () => {
    let nowMs = 0;
    const options = { segmentBytes: 16_000, retainForMs: 1000, now: () => nowMs };
    const { journal, files } = await testJournal(undefined, options);
    const archive = await journal.position('archive', evict);
    for (let n = 1; n <= 60; n += 1) await appendText(journal, `${n} ${'x'.repeat(1000)}`);
    await archive.save(at(40));
    nowMs = 2000;
    const { list } = files;
    files.list = async (directory) => {
      if (directory === '/data/journal') await journal.maintain();
      return list(directory);
    };
    const { snapshot } = await snapshotOf(files);
    expect(snapshot.extent().firstSequence).toBeGreaterThan(10);
    expect(spansOf(await readToEnd(snapshot.reader(1)))).toMatchObject([{ reason: 'evicted' }]);
  });
});
