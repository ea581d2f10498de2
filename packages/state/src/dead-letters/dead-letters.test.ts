// What the dead letters promise to delivery, to the commands and to the jobs.
import type { DeadLetter } from '@xiq-siem/delivery';
import { openJournal } from '@xiq-siem/journal';
import { createRecordingLogger, createRecordingMeter, modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import type { StoredDeadLetter } from './dead-letters.ts';
import { allOf, appendAll, letterOf, mib, never, openBodies, openTestDeadLetters, range } from './test-dead-letters.ts';

async function plainLog(files = modelFiles()) {
  const log = await openJournal({
    directory: '/data/dead-letters',
    maxBytes: mib,
    minFreeBytes: 0,
    segmentBytes: mib,
    files,
    retainForMs: Number.POSITIVE_INFINITY,
    maintainEveryMs: 0,
    now: () => 1,
    log: createRecordingLogger(),
    meter: createRecordingMeter(),
  });
  return {
    files,
    log,
    put: (value: unknown) =>
      log.append(
        { source: 'siem', origin: 'self', receivedAtMs: 1 },
        Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      ),
  };
}

describe('what is kept', () => {
  it('is listed, shown with its document, and still there after a restart', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    await appendAll(letters, [1, 2, 3]);
    await letters.close();
    const again = await openTestDeadLetters(files);
    const { json, ...listed } = letterOf(2);
    expect((await again.list({}, { limit: 10 })).entries[1]).toEqual({ ...listed, number: 2 });
    expect(await again.get(2)).toEqual({ ...listed, number: 2, json });
    expect(await again.get(99)).toBeUndefined();
    expect(again.counts()).toEqual(new Map([['siem', { open: 3, delivered: 0, dropped: 0, fromRuns: 0 }]]));
    await again.close();
  });

  it('is read from a log of before there were kinds of records', async () => {
    const { files, log, put } = await plainLog();
    const { message: _, ...silent } = letterOf(1);
    await put(silent);
    await put(letterOf(2));
    await put(letterOf(1));
    await log.close();
    const letters = await openTestDeadLetters(files);
    expect((await allOf(letters)).map(({ number, sequence }) => [number, sequence])).toEqual([
      [2, 2],
      [3, 1],
    ]);
    await letters.resolve([2, 3], 'dropped', 'operator');
    expect(letters.counts().get('siem')).toMatchObject({ open: 0, dropped: 2 });
    await letters.close();
  });

  it('is found in the midst of what is none of ours, which is counted', async () => {
    const { files, log, put } = await plainLog();
    const strange = [
      'no JSON',
      'null',
      '[]',
      '{"kind":"entry","v":2}',
      { kind: 'other', v: 1 },
      { ...letterOf(1), id: 7 },
    ];
    for (const value of [...strange, { kind: 'resolution', v: 1, entries: ['x'] }, letterOf(2)]) await put(value);
    await log.close();
    const letters = await openTestDeadLetters(files);
    expect(letters.unreadable()).toBe(7);
    expect(await openBodies(letters)).toEqual([2]);
    await letters.close();
  });

  it('is read around what the disk has damaged, before it was opened or since, and can be dropped then', async () => {
    const files = modelFiles();
    const damage = (text: string): void => {
      const path = files.paths().find((one) => one.endsWith('.segment')) ?? '';
      const content = Buffer.from(files.content(path));
      content.write('#', content.indexOf(text));
      files.put(path, content);
    };
    const written = await openTestDeadLetters(files);
    await appendAll(written, range(1, 5));
    await written.close();
    damage('no room for 2');
    const log = createRecordingLogger();
    const letters = await openTestDeadLetters(files, { log });
    expect(log.of('journal.lost')).toHaveLength(1);
    expect(await openBodies(letters)).toEqual([1, 3, 4, 5]);
    damage('no room for 4');
    expect(await openBodies(letters)).toEqual([1, 3, 5]);
    expect(await letters.get(4)).toBeUndefined();
    expect(letters.counts().get('siem')?.open).toBe(4);
    await letters.resolve(letters.matching({}), 'dropped', 'operator');
    expect(letters.counts().get('siem')).toMatchObject({ open: 0, dropped: 4 });
    await letters.close();
  });

  it('is resolved once, though two ask for it at the same time', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    await appendAll(letters, [1, 2]);
    await Promise.all([letters.resolve([1], 'dropped', 'operator'), letters.resolve([1, 1, 2], 'delivered', 'job-1')]);
    await letters.close();
    const again = await openTestDeadLetters(files);
    for (const store of [letters, again]) {
      expect(store.counts().get('siem')).toEqual({ open: 0, delivered: 1, dropped: 1, fromRuns: 0 });
      const found = [await store.find(1), await store.find(2)].map((all) => all.map(({ resolved }) => resolved?.by));
      expect(found).toEqual([['operator'], ['job-1']]);
    }
    await again.close();
  });

  it('counts as resolved once, though the log resolves it twice', async () => {
    const { files, log, put } = await plainLog();
    await put(letterOf(1));
    const resolution = {
      kind: 'resolution',
      v: 1,
      how: 'dropped',
      destination: 'siem',
      code: 'mapping',
      by: 'operator',
    };
    for (const atMs of [1, 2]) await put({ ...resolution, entries: [[1, 1, 0, 2_000_001]], atMs });
    await log.close();
    const letters = await openTestDeadLetters(files);
    expect(letters.unreadable()).toBe(0);
    expect(letters.counts().get('siem')).toEqual({ open: 0, delivered: 0, dropped: 1, fromRuns: 0 });
    await letters.close();
  });

  it('counts an event once that a crash made be kept twice', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    await appendAll(letters, [1, 2]);
    await letters.append(letterOf(1, { code: 'later' }));
    const expected = [
      { number: 1, sequence: 1, code: 'later' },
      { number: 2, sequence: 2, code: 'mapping' },
    ];
    expect(await allOf(letters)).toMatchObject(expected);
    await letters.close();
    const again = await openTestDeadLetters(files);
    expect(await allOf(again)).toMatchObject(expected);
    expect(again.counts().get('siem')?.open).toBe(2);
    // Another destination's rejection of the same event is one of its own.
    await again.append(letterOf(1, { destination: 'archive' }));
    expect(again.counts().get('archive')?.open).toBe(1);
    await again.close();
  });

  it('tells what came by jobs from what a position counts', async () => {
    const files = modelFiles();
    let letters = await openTestDeadLetters(files);
    await letters.append(letterOf(1));
    for (const sequence of [1, 2, 3, 3]) await letters.append(letterOf(sequence), 'run');
    expect(letters.counts().get('siem')).toMatchObject({ open: 3, fromRuns: 2 });
    await letters.append(letterOf(2));
    await letters.replace(letters.matching({ ids: ['id-3'] })[0] ?? 0, letterOf(3, { attempts: 2 }));
    await letters.compact();
    expect(letters.counts().get('siem')).toMatchObject({ open: 3, fromRuns: 1 });
    await letters.close();
    letters = await openTestDeadLetters(files);
    expect(letters.counts().get('siem')).toMatchObject({ open: 3, fromRuns: 1 });
    await letters.close();
  });
});

describe('what is asked', () => {
  const various: readonly Partial<DeadLetter>[] = [
    { destination: 'siem', code: 'mapping', dataset: 'a' },
    { destination: 'siem', code: 'too_large', dataset: 'a' },
    { destination: 'archive', code: 'mapping', dataset: 'b' },
  ];

  it('filters by every condition, and pages', async () => {
    const letters = await openTestDeadLetters();
    for (const sequence of range(1, 30)) await letters.append(letterOf(sequence, various[sequence % 3]));
    expect(letters.matching({ code: 'mapping' })).toHaveLength(20);
    expect(letters.matching({ destination: 'siem', code: 'mapping' })).toEqual(range(1, 10).map((n) => n * 3));
    expect(letters.matching({ dataset: 'b', fromMs: 2_000_005, toMs: 2_000_011 })).toEqual([5, 8, 11]);
    expect(letters.matching({ ids: ['id-4', 'id-9', 'id-99'] })).toEqual([4, 9]);
    expect(letters.matching({ numbers: [3, 1, 99] })).toEqual([1, 3]);
    const first = await letters.list({ destination: 'siem' }, { limit: 12 });
    expect(first).toMatchObject({ matched: 20, next: first.entries.at(-1)?.number });
    const rest = await letters.list({ destination: 'siem' }, { limit: 12, after: first.next ?? 0 });
    expect(rest.next).toBeUndefined();
    expect([...first.entries, ...rest.entries].map(({ number }) => number)).toEqual(
      letters.matching({ destination: 'siem' }),
    );
    const times = { oldestMs: 2_000_002, newestMs: 2_000_029 };
    expect(letters.groups()).toContainEqual({ ...various[2], count: 10, ...times });
    await letters.close();
  });

  it('reads in the order of the numbers, in bounded batches, wherever the entries have been moved to', async () => {
    const letters = await openTestDeadLetters(modelFiles(), { maxBytes: 64 * mib });
    await appendAll(letters, range(1, 600), 10_000);
    await letters.resolve(
      range(1, 600).filter((number) => number % 3 === 0),
      'dropped',
      'operator',
    );
    await letters.compact();
    await letters.append(letterOf(601));
    const numbers = letters.matching({});
    expect(numbers).toHaveLength(401);
    const batches: (readonly StoredDeadLetter[])[] = [];
    for await (const batch of letters.read(numbers, never)) batches.push(batch);
    expect(batches.flat().map(({ number }) => number)).toEqual(numbers);
    expect(batches.flat().every(({ json, sequence }) => JSON.parse(json).number === sequence)).toBe(true);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(100);
    await letters.close();
  });

  it('stops reading when told to', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, range(1, 250));
    const stop = new AbortController();
    let seen = 0;
    for await (const batch of letters.read(letters.matching({}), stop.signal)) {
      seen += batch.length;
      stop.abort();
    }
    expect(seen).toBe(100);
    await letters.close();
  });

  it('finds the entries of a body, and what became of those that are gone', async () => {
    const files = modelFiles();
    let first = 1;
    let letters = await openTestDeadLetters(files, { firstBody: () => first });
    for (const element of [0, 1, 2]) await letters.append(letterOf(7, { element, id: `seven-${element}` }));
    await letters.append(letterOf(8));
    await letters.resolve([2], 'dropped', 'operator');
    await letters.resolve([3], 'delivered', 'job-1');
    await letters.compact();
    await letters.close();
    letters = await openTestDeadLetters(files, { firstBody: () => first });
    expect(await letters.find(7)).toMatchObject([
      { number: 1, element: 0, message: 'no room for 7', code: 'mapping' },
      { number: 3, element: 2, resolved: { how: 'delivered', by: 'job-1' } },
      { number: 2, element: 1, resolved: { how: 'dropped', by: 'operator' } },
    ]);
    expect(await letters.find(7, 1)).toMatchObject([{ number: 2, code: 'mapping' }]);
    first = 8;
    await letters.resolve([1], 'dropped', 'operator');
    await letters.compact();
    await letters.close();
    letters = await openTestDeadLetters(files, { firstBody: () => first });
    expect(await letters.find(7)).toEqual([]);
    expect(letters.counts().get('siem')).toEqual({ open: 1, delivered: 1, dropped: 2, fromRuns: 0 });
    await letters.close();
  });
});

describe('what is resolved', () => {
  it('is open no more, once, whoever says so and however often', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    await appendAll(letters, [1, 2, 3]);
    await Promise.all([
      letters.resolve([1, 1, 77], 'delivered', 'job-1'),
      letters.resolve([1, 2], 'dropped', 'operator'),
    ]);
    const expected = { open: 1, delivered: 1, dropped: 1, fromRuns: 0 };
    expect(letters.counts().get('siem')).toEqual(expected);
    expect(await letters.get(1)).toBeUndefined();
    await letters.close();
    const again = await openTestDeadLetters(files);
    expect(again.counts().get('siem')).toEqual(expected);
    expect(await openBodies(again)).toEqual([3]);
    await again.close();
  });

  it('is in the place of the old entry when it was rejected again, and beyond the bound of the job', async () => {
    const files = modelFiles();
    const letters = await openTestDeadLetters(files);
    await appendAll(letters, [1, 2]);
    const bound = letters.matching({}).at(-1) ?? 0;
    await letters.replace(1, letterOf(1, { attempts: 2, code: 'again' }));
    await letters.replace(1, letterOf(1, { attempts: 3 }));
    expect(letters.matching({}).filter((number) => number <= bound)).toEqual([2]);
    await letters.close();
    const again = await openTestDeadLetters(files);
    expect(await allOf(again)).toMatchObject([
      { number: 2, attempts: 1 },
      { number: 3, sequence: 1, attempts: 2, code: 'again' },
    ]);
    expect(again.counts().get('siem')).toMatchObject({ open: 2, delivered: 0, dropped: 0 });
    await again.close();
  });
});
