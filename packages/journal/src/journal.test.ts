import { setImmediate } from 'node:timers/promises';
import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import {
  appendText,
  bodiesOf,
  metadata,
  readAll,
  segmentPaths,
  testJournal,
  textsOf,
} from './fixtures/test-journal.ts';
import { parseReceipt } from './receipt.ts';

const never = new AbortController().signal;
const limits = { maxBodies: 100, maxBytes: 1024 ** 2 };

it('a segment that another program removed while it was open is replaced: later bodies are on disk', async () => {
  const { journal, files, log } = await testJournal();
  await appendText(journal, 'before');
  const [path = ''] = segmentPaths(files);
  await files.remove(path);
  await journal.maintain();
  expect(log.of('journal.segment_changed')).toMatchObject([{ attributes: { path } }]);
  await appendText(journal, 'after');
  await journal.maintain();
  expect(log.of('journal.segment_changed')).toHaveLength(1);
  const again = await testJournal(files.crash(() => false));
  expect(textsOf(await readAll(again.journal))).toEqual(['after']);
  expect(again.journal.lostSpans()).toMatchObject([{ fromSequence: 1, toSequence: 1 }]);
});

describe('append', () => {
  it('returns the receipt of the body, and stores known metadata only', async () => {
    const { journal } = await testJournal();
    const sent = {
      ...metadata,
      messageType: 'AUDIT_LOG_ALL',
      remoteAddress: '192.0.2.1',
      authorization: 'Basic hunter2',
    };
    const receipt = await journal.append(sent, Buffer.from([0, 255, 10]));
    const [body] = bodiesOf(await readAll(journal));
    const { authorization: _, ...closed } = sent;
    expect(body).toEqual({ sequence: 1, receipt, metadata: closed, bytes: Buffer.from([0, 255, 10]) });
    expect(parseReceipt(receipt)?.sequence).toBe(1);
  });

  it('shares one sync among waiting calls, and keeps their order', async () => {
    const { journal, meter } = await testJournal();
    const texts = Array.from({ length: 500 }, (_, n) => `body ${n}`);
    const receipts = await Promise.all(texts.map((text) => appendText(journal, text)));
    expect(meter.total('xiq_siem.journal.syncs')).toBe(1);
    const bodies = bodiesOf(await readAll(journal));
    expect(bodies.map(({ receipt }) => receipt)).toEqual(receipts);
    expect(bodies.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(texts);
  });

  it('starts a new segment when one is full, and at each start', async () => {
    const files = modelFiles();
    const { journal } = await testJournal(files, { segmentBytes: 16_000 });
    for (let n = 0; n < 40; n += 1) await appendText(journal, 'x'.repeat(1000));
    const rolled = segmentPaths(files).length;
    expect(rolled).toBeGreaterThan(3);
    await journal.close();
    const { journal: again } = await testJournal(files, { segmentBytes: 16_000 });
    const receipt = await appendText(again, 'last');
    expect(segmentPaths(files)).toHaveLength(rolled + 1);
    expect(parseReceipt(receipt)?.sequence).toBe(41);
    const ids = new Set(bodiesOf(await readAll(again)).map((body) => parseReceipt(body.receipt)?.segmentId));
    expect(ids.size).toBe(rolled + 1);
  });

  it('leaves no empty segments after repeated starts', async () => {
    const files = modelFiles();
    for (let n = 0; n < 5; n += 1) await (await testJournal(files)).journal.close();
    expect(segmentPaths(files)).toHaveLength(1);
  });

  it('rejects a body that is larger than a record, and accepts the next', async () => {
    const { journal } = await testJournal();
    const huge = Buffer.alloc(16 * 1024 * 1024);
    await expect(journal.append(metadata, huge)).rejects.toMatchObject({ code: 'journal_record_too_large' });
    await appendText(journal, 'small');
    expect(textsOf(await readAll(journal))).toEqual(['small']);
  });

  it('limits the bytes that wait in memory for a slow disk', async () => {
    const { journal } = await testJournal();
    const body = Buffer.alloc(12 * 1024 * 1024);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => journal.append(metadata, body)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'journal_overloaded' } });
    expect(journal.acceptance()).toEqual({ ok: true });
  });

  it('does not count written bytes as waiting', async () => {
    const { journal } = await testJournal();
    const large = Buffer.alloc(15 * 1024 ** 2);
    for (let n = 0; n < 5; n += 1) await journal.append(metadata, large);
    expect(journal.extent().nextSequence).toBe(6);
  });

  it('is rejected once the journal closes; earlier bodies are stored', async () => {
    const files = modelFiles();
    const { journal } = await testJournal(files);
    const before = appendText(journal, 'in time');
    const closed = journal.close();
    await expect(appendText(journal, 'late')).rejects.toMatchObject({ code: 'journal_closed' });
    await closed;
    await before;
    expect(journal.acceptance()).toMatchObject({ ok: false, code: 'journal_closed' });
    expect(textsOf(await readAll((await testJournal(files)).journal))).toEqual(['in time']);
    expect(files.openHandles()).toBeLessThan(6);
  });
});

describe('a reader', () => {
  it('waits at the tail until something is synced', async () => {
    const { journal } = await testJournal();
    const reader = journal.reader(1);
    let read: readonly unknown[] | undefined;
    const reading = reader.read(limits, never).then((entries) => {
      read = entries;
    });
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    expect(read).toBeUndefined();
    await appendText(journal, 'there');
    await reading;
    expect(read).toHaveLength(1);
  });

  it('never returns written bodies that are not synced', async () => {
    const files = modelFiles();
    const { journal } = await testJournal(files);
    await appendText(journal, 'one');
    files.fail('datasync', 'EIO');
    await expect(appendText(journal, 'two')).rejects.toMatchObject({ code: 'journal_failed' });
    expect(journal.extent().nextSequence).toBe(2);
    expect(textsOf(await readAll(journal))).toEqual(['one']);
  });

  it('returns an empty array when its signal fires, and continues from there', async () => {
    const { journal } = await testJournal();
    const reader = journal.reader(1);
    const stop = new AbortController();
    const reading = reader.read(limits, stop.signal);
    stop.abort();
    expect(await reading).toEqual([]);
    await appendText(journal, 'one');
    expect(textsOf(await reader.read(limits, never))).toEqual(['one']);
    expect(await reader.read(limits, stop.signal)).toEqual([]);
  });

  it('rejects when the journal closes', async () => {
    const { journal } = await testJournal();
    const reading = journal.reader(1).read(limits, never);
    const told = expect(reading).rejects.toMatchObject({ code: 'journal_closed' });
    await journal.close();
    await told;
  });

  it('stops at its limits, and returns a larger body alone', async () => {
    const { journal } = await testJournal();
    for (const text of ['aaaa', 'bbbb', 'c'.repeat(50), 'd']) await appendText(journal, text);
    const reader = journal.reader(1);
    const next = async () => textsOf(await reader.read({ maxBodies: 3, maxBytes: 10 }, never)).join(' ');
    expect([await next(), await next(), await next()]).toEqual(['aaaa bbbb', 'c'.repeat(50), 'd']);
    const counting = journal.reader(1);
    expect(await counting.read({ maxBodies: 3, maxBytes: 1000 }, never)).toHaveLength(3);
  });

  it('starts in the middle of a segment, and follows the writer over many', async () => {
    const { journal } = await testJournal(modelFiles(), { segmentBytes: 16_000 });
    const reader = journal.reader(30);
    const seen: number[] = [];
    const reading = (async () => {
      while (seen.at(-1) !== 200) {
        for (const { sequence } of bodiesOf(await reader.read(limits, never))) seen.push(sequence);
      }
    })();
    for (let n = 0; n < 200; n += 1) await appendText(journal, `${n} ${'x'.repeat(500)}`);
    await reading;
    expect(seen).toEqual(Array.from({ length: 171 }, (_, n) => n + 30));
  });

  it('rejects on a transient error, and loses nothing', async () => {
    const { journal, files } = await testJournal();
    await appendText(journal, 'one');
    const reader = journal.reader(1);
    files.fail('open', 'EMFILE');
    await expect(reader.read(limits, never)).rejects.toMatchObject({ code: 'EMFILE' });
    expect(textsOf(await reader.read(limits, never))).toEqual(['one']);
  });

  it('returns each lost span once, as does another reader', async () => {
    const files = modelFiles();
    const { journal } = await testJournal(files);
    for (const text of ['one', 'two', 'three']) await appendText(journal, text);
    await journal.close();
    const path = segmentPaths(files)[0] ?? '';
    const content = files.content(path);
    content.writeUInt8(content.readUInt8(4200) ^ 1, 4200);
    files.put(path, content);
    const { journal: again, meter, log } = await testJournal(files);
    const kinds = async () => (await readAll(again)).map(({ kind }) => kind);
    expect(await kinds()).toEqual(['lost', 'body', 'body']);
    expect(await kinds()).toEqual(['lost', 'body', 'body']);
    expect(again.lostSpans()).toHaveLength(1);
    expect(meter.total('xiq_siem.journal.damaged_records')).toBe(1);
    expect(log.of('journal.bodies_lost')[0]?.attributes['where']).toBe(`${path}:4160`);
  });
});

describe('opening', () => {
  it('reads only the headers of older segments', async () => {
    const files = modelFiles();
    const { journal } = await testJournal(files, { segmentBytes: 16_000 });
    for (let n = 0; n < 60; n += 1) await appendText(journal, 'x'.repeat(1000));
    await journal.close();
    for (const path of segmentPaths(files).slice(0, -1)) files.setUnreadable(path, { from: 4160, to: 16_000 });
    const { journal: again } = await testJournal(files);
    expect(again.extent().nextSequence).toBe(61);
    expect(again.lostSpans()).toEqual([]);
  });

  it('quarantines a segment of another journal', async () => {
    const files = modelFiles();
    const { journal } = await testJournal(files);
    await appendText(journal, 'ours');
    await journal.close();
    const { journal: other, files: elsewhere } = await testJournal();
    for (const text of ['a', 'b', 'c']) await appendText(other, text);
    const foreign = segmentPaths(elsewhere)[0] ?? '';
    files.put(foreign.replace('0000000001-', '0000000002-'), elsewhere.content(foreign));
    const { journal: again, log } = await testJournal(files);
    expect(textsOf(await readAll(again))).toEqual(['ours']);
    expect(log.of('journal.foreign_segment')).toHaveLength(1);
  });
});
