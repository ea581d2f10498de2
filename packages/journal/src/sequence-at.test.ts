import { type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { metadata, segmentPaths, type TestJournal, testJournal } from './fixtures/test-journal.ts';
import { recordsStart } from './segment-format.ts';

const never = new AbortController().signal;

/** A body of 1000 bytes for each time, in segments of about 12. */
async function received(times: readonly number[]): Promise<TestJournal> {
  const opened = await testJournal(modelFiles(), { segmentBytes: 16_000 });
  for (const receivedAtMs of times) await opened.journal.append({ ...metadata, receivedAtMs }, Buffer.alloc(1000, 'x'));
  return opened;
}

/** Two bodies for each time: 1000, 1000, 1010, 1010, ... */
const times = Array.from({ length: 200 }, (_, n) => 1000 + Math.floor(n / 2) * 10);
const firstAt = (atMs: number): number => times.findIndex((time) => time >= atMs) + 1;

describe('a time', () => {
  it('leads to the first body received then or later, for every time', async () => {
    const { journal, files } = await received(times);
    expect(segmentPaths(files).length).toBeGreaterThan(10);
    for (let atMs = 1000; atMs <= 1990; atMs += 5) {
      expect(await journal.sequenceAt(atMs, never), `${atMs}`).toBe(firstAt(atMs));
    }
    expect(await journal.sequenceAt(0, never)).toBe(1);
    expect(await journal.sequenceAt(1991, never)).toBe(201);
    expect(files.openHandles()).toBeLessThan(6);
  });

  it('in an empty journal is its tail', async () => {
    const { journal } = await testJournal();
    expect(await journal.sequenceAt(5, never)).toBe(1);
  });

  it('skips unreadable segments', async () => {
    const { journal, files } = await received(times);
    await journal.close();
    const paths = segmentPaths(files);
    for (const damaged of [0, 1, 5, 6, 7]) {
      const path = paths[damaged] ?? '';
      files.put(path, files.content(path).fill(0, recordsStart));
    }
    await files.remove(paths[8] ?? '');
    const { journal: again } = await testJournal(files);
    const readable = new Set<number>();
    const reader = again.reader(1, 200);
    for (;;) {
      const entries = await reader.read({ maxBodies: 500, maxBytes: 1024 ** 2 }, never);
      if (entries.length === 0) break;
      for (const entry of entries) if (entry.kind === 'body') readable.add(entry.body.sequence);
    }
    expect(readable.size).toBeLessThan(150);
    for (let atMs = 1000; atMs <= 1990; atMs += 10) {
      const expected = times.findIndex((time, index) => time >= atMs && readable.has(index + 1)) + 1;
      expect(await again.sequenceAt(atMs, never), `${atMs}`).toBe(expected);
    }
  });

  it('leads to a body received then or later even if the clock stepped back', async () => {
    const stepping = times.map((time, n) => (n >= 100 ? time - 600 : time));
    const { journal } = await received(stepping);
    for (let atMs = 900; atMs <= 1400; atMs += 50) {
      const sequence = await journal.sequenceAt(atMs, never);
      expect(stepping[sequence - 1], `${atMs}`).toBeGreaterThanOrEqual(atMs);
    }
  });

  it('is found without reading the whole journal', async () => {
    const { journal, files } = await received(times);
    const opened = opensOf(files);
    await journal.sequenceAt(1500, never);
    expect(opened.size).toBeLessThanOrEqual(Math.ceil(Math.log2(segmentPaths(files).length)) + 2);
  });

  it('is not searched after the signal fires', async () => {
    const { journal } = await received(times);
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(journal.sequenceAt(1500, stop.signal)).rejects.toThrow('enough');
  });
});

/** The paths that are opened after this call. */
function opensOf(files: ModelFiles): Set<string> {
  const opened = new Set<string>();
  const { open } = files;
  files.open = (path, mode) => {
    opened.add(path);
    return open(path, mode);
  };
  return opened;
}
