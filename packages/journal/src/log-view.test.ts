import { setImmediate } from 'node:timers/promises';
import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { appendText, damage, readToEnd, spansOf, testJournal, textsOf } from './fixtures/test-journal.ts';

const never = new AbortController().signal;
const limits = { maxBodies: 100, maxBytes: 1024 ** 2 };

describe('a reader with an end', () => {
  it('returns everything up to its inclusive end, then empty arrays', async () => {
    const { journal } = await testJournal(modelFiles(), { segmentBytes: 16_000 });
    for (let n = 1; n <= 60; n += 1) await appendText(journal, `${n} ${'x'.repeat(1000)}`);
    const reader = journal.reader(15, 45);
    const read = textsOf(await readToEnd(reader)).map((text) => Number.parseInt(text, 10));
    expect(read).toEqual(Array.from({ length: 31 }, (_, n) => n + 15));
    expect(await reader.read(limits, never)).toEqual([]);
  });

  it('ends at once if the end is before the start', async () => {
    const { journal } = await testJournal();
    await appendText(journal, 'one');
    expect(await journal.reader(1, 0).read(limits, never)).toEqual([]);
  });

  it('waits at the tail for bodies before its end', async () => {
    const { journal } = await testJournal();
    await appendText(journal, 'one');
    let isDone = false;
    const reading = readToEnd(journal.reader(1, 2)).finally(() => {
      isDone = true;
    });
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    expect(isDone).toBe(false);
    await appendText(journal, 'two');
    await appendText(journal, 'three');
    expect(textsOf(await reading)).toEqual(['one', 'two']);
  });

  it('returns a lost span up to its end, and the journal logs the whole span', async () => {
    const files = modelFiles();
    const { journal } = await testJournal(files);
    for (const text of ['one', 'second', 'third', 'fourth', 'five']) await appendText(journal, text);
    await journal.close();
    for (const text of ['second', 'third', 'fourth']) damage(files, text);
    const { journal: again } = await testJournal(files);
    const entries = await readToEnd(again.reader(1, 3));
    expect(textsOf(entries)).toEqual(['one']);
    expect(spansOf(entries)).toMatchObject([{ fromSequence: 2, toSequence: 3, reason: 'damaged' }]);
    expect(again.lostSpans()).toMatchObject([{ fromSequence: 2, toSequence: 4 }]);
  });
});
