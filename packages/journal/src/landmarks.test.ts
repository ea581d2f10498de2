import { type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import {
  damage,
  metadata,
  readToEnd,
  spansOf,
  type TestJournal,
  testJournal,
  textsOf,
} from './fixtures/test-journal.ts';

const count = 1_500;
const textOf = (sequence: number): string => `<body ${sequence}>`.padEnd(2_000, 'x');

/** Three megabytes in one segment. */
async function filled(): Promise<TestJournal> {
  const opened = await testJournal(modelFiles(), { segmentBytes: 64 * 1024 ** 2 });
  for (let first = 1; first <= count; first += 25) {
    await Promise.all(
      Array.from({ length: 25 }, (_, n) => opened.journal.append(metadata, Buffer.from(textOf(first + n)))),
    );
  }
  return opened;
}

/** The bytes that are read for one body. */
async function bytesReadFor({ journal, files }: TestJournal, sequence: number): Promise<number> {
  let bytes = 0;
  const { open } = files;
  const counted: Pick<ModelFiles, 'open'> = {
    async open(path, mode) {
      const file = await open(path, mode);
      return {
        ...file,
        async read(buffer, position) {
          const read = await file.read(buffer, position);
          bytes += read;
          return read;
        },
      };
    },
  };
  Object.assign(files, counted);
  expect(textsOf(await readToEnd(journal.reader(sequence, sequence)))).toEqual([textOf(sequence)]);
  Object.assign(files, { open });
  return bytes;
}

it('finds a body in the middle of a large segment without reading the bytes before it', async () => {
  const opened = await filled();
  for (const sequence of [1, 2, 700, 1_000, count]) {
    expect(await bytesReadFor(opened, sequence), `${sequence}`).toBeLessThan(600_000);
  }
});

it('reads a segment once only after a start', async () => {
  const { journal, files } = await filled();
  await journal.close();
  const again = await testJournal(files);
  expect(await bytesReadFor(again, count)).toBeGreaterThan(count * 2_000);
  expect(await bytesReadFor(again, count)).toBeLessThan(600_000);
});

it('reports damage between landmarks as lost, wherever a reader starts', async () => {
  const opened = await filled();
  const { journal, files } = opened;
  const damaged = Array.from({ length: 60 }, (_, n) => 20 * n + 137);
  for (const sequence of damaged) damage(files, `<body ${sequence}>`);
  for (let from = 1; from <= count; from += 149) {
    const entries = await readToEnd(journal.reader(from, count));
    const lost = damaged.filter((sequence) => sequence >= from);
    expect(spansOf(entries).map(({ fromSequence, toSequence }) => [fromSequence, toSequence])).toEqual(
      lost.map((sequence) => [sequence, sequence]),
    );
    expect(textsOf(entries)).toHaveLength(count + 1 - from - lost.length);
  }
});
