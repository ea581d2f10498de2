import { isDeepStrictEqual } from 'node:util';
import { modelFiles } from '@xiq-siem/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  appendText,
  bodiesOf,
  metadata,
  readAll,
  segmentPaths,
  spansOf,
  testJournal,
  textsOf,
} from './fixtures/test-journal.ts';
import type { Journal } from './journal.ts';
import { encodeRecord, recordHeaderBytes, recordsStart, type SegmentHeader } from './segment-format.ts';

const texts = ['{"a":1}', '[{"b":"two"}]', 'not json at all', '{"d":4}'];

/** Two segments of two bodies, closed in order. */
async function twoSegments(): Promise<ReturnType<typeof modelFiles>> {
  const files = modelFiles();
  for (const half of [texts.slice(0, 2), texts.slice(2)]) {
    const { journal } = await testJournal(files);
    for (const text of half) await appendText(journal, text);
    await journal.close();
  }
  return files;
}

/**
 * Checks that every read body equals the appended one, and that every other sequence is in exactly one lost span, which
 * the journal has logged. Returns the lost sequences. Throws directly for speed: it runs for thousands of files.
 */
async function accounted(journal: Journal, upTo: number, what: string): Promise<readonly number[]> {
  const entries = await readAll(journal);
  const lost = spansOf(entries).flatMap(({ fromSequence, toSequence }) =>
    Array.from({ length: toSequence - fromSequence + 1 }, (_, n) => fromSequence + n),
  );
  for (const { sequence, bytes, metadata: read } of bodiesOf(entries)) {
    const right = Buffer.from(bytes).toString() === texts[sequence - 1] && isDeepStrictEqual(read, metadata);
    if (!right) throw new Error(`${what}: a wrong body at ${sequence}`);
  }
  const sequences = [...bodiesOf(entries).map(({ sequence }) => sequence), ...lost].sort((a, b) => a - b);
  const all = Array.from({ length: upTo }, (_, n) => n + 1);
  if (!isDeepStrictEqual(sequences, all)) throw new Error(`${what}: not accounted for: ${sequences} of ${all}`);
  const said = journal.lostSpans().map(({ fromSequence, toSequence }) => [fromSequence, toSequence] as const);
  const unsaid = lost.filter((sequence) => !said.some(([from, to]) => from <= sequence && sequence <= to));
  if (unsaid.length > 0) throw new Error(`${what}: lost and not said: ${unsaid}`);
  return lost;
}

/** Checks that the journal stores and returns a body. */
async function checkAppend(journal: Journal, what: string): Promise<void> {
  const next = journal.extent().nextSequence;
  await appendText(journal, 'more');
  const read = textsOf(await readAll(journal, next));
  if (!isDeepStrictEqual(read, ['more'])) throw new Error(`${what}: what was appended later is not read: ${read}`);
}

let whole: ReturnType<typeof modelFiles>;
beforeAll(async () => {
  whole = await twoSegments();
});

describe('a journal that was closed', () => {
  it.each([0, 1])('loses at most the record with a flipped byte, and logs it (segment %i)', async (index) => {
    const path = segmentPaths(whole)[index] ?? '';
    const content = whole.content(path);
    let lostAtAll = 0;
    for (let offset = 0; offset < content.length; offset += 1) {
      const files = whole.copy();
      const flipped = Buffer.from(content);
      flipped.writeUInt8(flipped.readUInt8(offset) ^ 0xff, offset);
      files.put(path, flipped);
      const { journal } = await testJournal(files);
      const lost = await accounted(journal, texts.length, `byte ${offset}`);
      if (lost.length !== (offset < recordsStart ? 0 : 1)) expect.unreachable(`byte ${offset}: ${lost} lost`);
      lostAtAll += lost.length;
      await checkAppend(journal, `byte ${offset}`);
    }
    expect(lostAtAll).toBe(content.length - recordsStart);
  });

  it.each([0, 1])('logs missing records if a file is cut at any length (segment %i)', async (index) => {
    const path = segmentPaths(whole)[index] ?? '';
    const content = whole.content(path);
    let cuts = 0;
    for (let length = 0; length < content.length; length += 1) {
      const files = whole.copy();
      files.put(path, content.subarray(0, length));
      const { journal } = await testJournal(files);
      const lost = await accounted(journal, texts.length, `cut at ${length}`);
      if (lost.length === 0) expect.unreachable(`cut at ${length}: nothing is missing`);
      cuts += 1;
      await checkAppend(journal, `cut at ${length}`);
    }
    expect(cuts).toBe(content.length);
  });

  it('opens with any byte of the head flipped, and loses nothing', async () => {
    const content = whole.content('/data/journal/head');
    for (const start of [0, 4096]) {
      for (let offset = start; offset < Math.min(start + 200, content.length); offset += 1) {
        const files = whole.copy();
        const flipped = Buffer.from(content);
        flipped.writeUInt8(flipped.readUInt8(offset) ^ 0xff, offset);
        files.put('/data/journal/head', flipped);
        const { journal } = await testJournal(files);
        expect(textsOf(await readAll(journal)), `byte ${offset}`).toEqual(texts);
      }
    }
  });
});

describe('a journal after a killed process', () => {
  /** As after a crash: everything is synced, and the head is from before the last two bodies. */
  async function crashed(): Promise<ReturnType<typeof modelFiles>> {
    const files = modelFiles();
    const { journal } = await testJournal(files);
    for (const text of texts.slice(0, 2)) await appendText(journal, text);
    await journal.maintain();
    for (const text of texts.slice(2)) await appendText(journal, text);
    return files.crash(() => true);
  }

  it('logs every cut, except at the end of a record that is newer than the head', async () => {
    const files = await crashed();
    const path = segmentPaths(files)[0] ?? '';
    const content = files.content(path);
    const borders = bordersOf(content);
    for (let length = 0; length < content.length; length += 1) {
      const copy = files.copy();
      copy.put(path, content.subarray(0, length));
      const { journal, meter } = await testJournal(copy);
      const kept = journal.extent().nextSequence - 1;
      const lost = await accounted(journal, kept, `cut at ${length}`);
      const tails = meter.total('xiq_siem.journal.damaged_records', { kind: 'tail' });
      const unmarkedBorder = borders.indexOf(length) >= 2;
      expect(lost.length + tails > 0, `cut at ${length}`).toBe(!unmarkedBorder);
      expect(kept).toBeGreaterThanOrEqual(2);
    }
  });

  it('moves a torn tail to the quarantine and continues after the last intact record', async () => {
    const files = await crashed();
    const path = segmentPaths(files)[0] ?? '';
    const content = files.content(path);
    files.put(path, content.subarray(0, -3));
    const { journal, log, meter } = await testJournal(files);
    expect(textsOf(await readAll(journal))).toEqual(texts.slice(0, 3));
    const border = bordersOf(content)[3] ?? 0;
    expect(files.content(path).length).toBe(border);
    const kept = files.paths().filter((one) => one.startsWith('/data/quarantine/'));
    expect(kept.map((one) => files.content(one))).toEqual([content.subarray(border, -3)]);
    expect(log.lines).toContainEqual(expect.objectContaining({ event: 'journal.tail_cut' }));
    expect(meter.total('xiq_siem.journal.quarantined_bytes')).toBe(content.length - 3 - border);
    // The copy is synced before the cut.
    const afterPowerCut = files.crash(() => false);
    expect(kept.map((one) => afterPowerCut.content(one))).toEqual([content.subarray(border, -3)]);
  });
});

/** Offsets of records, and of the end. */
function bordersOf(content: Buffer): readonly number[] {
  const borders = [recordsStart];
  for (let at = recordsStart; at < content.length; ) {
    at += recordHeaderBytes + content.readUInt32LE(at + 4) + content.readUInt32LE(at + 16);
    borders.push(at);
  }
  return borders;
}

describe('damage in the middle', () => {
  async function longSegment(count: number): Promise<ReturnType<typeof modelFiles>> {
    const files = modelFiles();
    const { journal } = await testJournal(files);
    await Promise.all(
      Array.from({ length: count }, (_, n) => appendText(journal, `body ${n + 1} ${'x'.repeat(n % 300)}`)),
    );
    await journal.close();
    return files;
  }

  it('is skipped if a 4 KiB block is zeros, at any alignment to the records', async () => {
    const count = 200;
    const files = await longSegment(count);
    const path = segmentPaths(files)[0] ?? '';
    const content = files.content(path);
    for (let block = 4096; block + 4096 < content.length; block += 4096) {
      const copy = files.copy();
      copy.put(path, Buffer.from(content).fill(0, block, block + 4096));
      const { journal } = await testJournal(copy);
      const entries = await readAll(journal);
      expect(spansOf(entries)).toHaveLength(1);
      const [span] = spansOf(entries);
      const lost = (span?.toSequence ?? 0) - (span?.fromSequence ?? 0) + 1;
      expect(span?.reason).toBe('damaged');
      expect(span?.where).toContain(path);
      expect(bodiesOf(entries)).toHaveLength(count - lost);
      for (const { sequence, bytes } of bodiesOf(entries)) {
        expect(Buffer.from(bytes).toString()).toMatch(new RegExp(`^body ${sequence} x*$`));
      }
    }
  });

  it('is skipped if a block cannot be read', async () => {
    const files = await longSegment(200);
    const path = segmentPaths(files)[0] ?? '';
    files.setUnreadable(path, { from: 12_288, to: 16_384 });
    const { journal } = await testJournal(files);
    const entries = await readAll(journal);
    expect(spansOf(entries)).toHaveLength(1);
    expect(bodiesOf(entries).length).toBeGreaterThan(150);
  });

  it('with an impossible length allocates and skips nothing', async () => {
    const path = segmentPaths(whole)[0] ?? '';
    for (const [offset, length] of [0, 2 ** 31, 2 ** 32 - 1].flatMap((value) => [
      [4, value] as const,
      [16, value] as const,
    ])) {
      const files = whole.copy();
      const content = files.content(path);
      content.writeUInt32LE(length, recordsStart + offset);
      files.put(path, content);
      const before = process.memoryUsage().arrayBuffers;
      const { journal } = await testJournal(files);
      expect(await accounted(journal, texts.length, `length ${length}`)).toEqual([1]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    }
  });

  it('does not turn the content of a body into a record', async () => {
    const files = modelFiles();
    const { journal } = await testJournal(files);
    await appendText(journal, 'first');
    // A record as a sender could create it: valid except for the secret magic and seed of the segment.
    const guess: SegmentHeader = { ordinal: 1, logId: '', segmentId: '', firstSequence: 1, magic: 0x5eed5eed, seed: 0 };
    const forged = Buffer.alloc(200);
    const end = encodeRecord(forged, 0, guess, 3, JSON.stringify({ v: 1, ...metadata }), Buffer.from('forged'));
    await journal.append(metadata, forged.subarray(0, end));
    await appendText(journal, 'third');
    await journal.close();
    const path = segmentPaths(files)[0] ?? '';
    const content = files.content(path);
    // The header of the outer record is damaged, so that the search scans its payload.
    content.fill(0xff, bordersOf(content)[1], (bordersOf(content)[1] ?? 0) + recordHeaderBytes);
    files.put(path, content);
    const { journal: again } = await testJournal(files);
    expect(textsOf(await readAll(again))).toEqual(['first', 'third']);
  });

  it('of both headers is reported by the neighbouring segments, and the file is quarantined', async () => {
    for (const index of [0, 1]) {
      const files = whole.copy();
      const path = segmentPaths(files)[index] ?? '';
      files.put(path, files.content(path).fill(0, 0, recordsStart));
      const { length } = files.content(path);
      const { journal, meter } = await testJournal(files);
      expect(meter.total('xiq_siem.journal.quarantined_bytes')).toBe(length);
      const lost = await accounted(journal, texts.length, `segment ${index}`);
      expect(lost).toEqual(index === 0 ? [1, 2] : [3, 4]);
      expect(files.paths()).not.toContain(path);
      expect(files.paths().some((one) => one.startsWith('/data/quarantine/'))).toBe(true);
    }
  });

  it('of both headers of the newest file assigns no sequence twice', async () => {
    const running = modelFiles();
    const { journal } = await testJournal(running);
    for (const text of texts) await appendText(journal, text);
    const files = running.crash(() => true);
    const path = segmentPaths(files)[0] ?? '';
    files.put(path, files.content(path).fill(0, 0, recordsStart));
    const { journal: again } = await testJournal(files);
    expect(again.extent().nextSequence).toBeGreaterThan(texts.length);
    expect(again.lostSpans()).toHaveLength(1);
  });

  it('by a missing segment is a lost span with its first and last sequence', async () => {
    const files = modelFiles();
    for (const text of texts) {
      const { journal } = await testJournal(files);
      await appendText(journal, text);
      await journal.close();
    }
    await files.remove(segmentPaths(files)[1] ?? '');
    const { journal } = await testJournal(files);
    expect(await accounted(journal, texts.length, 'gone')).toEqual([2]);
    expect(journal.lostSpans()[0]?.reason).toBe('missing');
    await files.remove(segmentPaths(files)[0] ?? '');
    expect(spansOf(await readAll(journal))[0]).toMatchObject({ fromSequence: 1, toSequence: 2, reason: 'missing' });
  });
});
