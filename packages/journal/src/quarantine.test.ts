import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { appendText, segmentPaths, testJournal } from './fixtures/test-journal.ts';

const day = 24 * 3_600_000;
const nowMs = 100 * day;
const name = '0000000001-0000000000000001-0123456789abcdef.segment';
const place = (atMs: number, ending = 'bad'): string => `/data/quarantine/${name}.${atMs}.${ending}`;

function quarantined(files: ReturnType<typeof modelFiles>): readonly string[] {
  return files.paths().filter((path) => path.startsWith('/data/quarantine/'));
}

describe('the quarantine', () => {
  it('keeps a file for 30 days after its move, and logs removals', async () => {
    const files = modelFiles();
    // Like a moved segment: last modified long before.
    files.put(place(nowMs - 29 * day), Buffer.alloc(10), 0);
    files.put(place(nowMs - 31 * day, '4160.tail'), Buffer.alloc(20), nowMs);
    const { log } = await testJournal(files, { now: () => nowMs });
    expect(quarantined(files)).toEqual([place(nowMs - 29 * day)]);
    const attributes = { path: place(nowMs - 31 * day, '4160.tail'), bytes: 20, reason: 'age' };
    expect(log.of('journal.quarantine_pruned')).toMatchObject([{ attributes }]);
  });

  it('L11: keeps every file while the age may be wrong, within its limit of bytes', async () => {
    const files = modelFiles();
    const ageGuard = { mayDeleteByAge: () => false, resume() {}, confirmedMs: () => undefined };
    files.put(place(nowMs - 40 * day), Buffer.alloc(300 * 2 ** 20));
    files.put(place(nowMs - 31 * day), Buffer.alloc(1));
    await testJournal(files, { now: () => nowMs + 365 * day, ageGuard });
    expect(quarantined(files)).toEqual([place(nowMs - 31 * day)]);
  });

  it('keeps the newest 256 MiB, and the newest file whatever its size', async () => {
    const files = modelFiles();
    const mebibytes = [200, 100, 1].map((size) => Buffer.alloc(size * 2 ** 20));
    for (const [index, content] of mebibytes.entries()) files.put(place(nowMs - index), content);
    await testJournal(files, { now: () => nowMs });
    expect(quarantined(files)).toEqual([place(nowMs)]);
    files.put(place(nowMs + 1), Buffer.alloc(300 * 2 ** 20));
    await testJournal(files, { now: () => nowMs });
    expect(quarantined(files)).toEqual([place(nowMs + 1)]);
  });

  it('keeps 1000 files', async () => {
    const files = modelFiles();
    for (let n = 0; n < 1005; n += 1) files.put(place(nowMs - n), Buffer.alloc(1));
    await testJournal(files, { now: () => nowMs });
    expect(quarantined(files)).toHaveLength(1000);
    expect(quarantined(files)).not.toContain(place(nowMs - 1000));
  });

  it('leaves files of others', async () => {
    const files = modelFiles();
    const others = ['/data/quarantine/notes.txt', `/data/quarantine/${name}`, `/data/quarantine/${name}.1.bad.copy`];
    for (const path of others) files.put(path, Buffer.alloc(1), 0);
    await testJournal(files, { now: () => nowMs });
    expect(quarantined(files)).toEqual(others.sort());
  });

  it('is pruned every hour, and an error there has no other effect', async () => {
    const files = modelFiles();
    let time = nowMs;
    files.put(place(nowMs - 30 * day), Buffer.alloc(1));
    const { journal, log } = await testJournal(files, { now: () => time });
    expect(quarantined(files)).toHaveLength(1);
    await journal.maintain();
    time += 3_600_000;
    files.fail('list', 'EIO');
    await journal.maintain();
    expect(log.of('journal.quarantine_prune_failed')).toHaveLength(1);
    expect(journal.acceptance()).toEqual({ ok: true });
    time += 3_600_000;
    await journal.maintain();
    expect(quarantined(files)).toEqual([]);
  });

  it('keeps a file that was just moved, however old its records are', async () => {
    const files = modelFiles({ now: () => 0 });
    const { journal } = await testJournal(files);
    await appendText(journal, 'one');
    await journal.close();
    const path = segmentPaths(files)[0] ?? '';
    files.put(path, files.content(path).fill(0), 0);
    const { log } = await testJournal(files, { now: () => nowMs });
    expect(log.of('journal.quarantined')).toHaveLength(1);
    expect(quarantined(files)).toHaveLength(1);
  });
});
