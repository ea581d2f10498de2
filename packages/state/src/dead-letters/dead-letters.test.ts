// Tests of the dead-letter queue, as delivery, commands and jobs use it.
import { stat } from 'node:fs/promises';
import type { DeadLetter } from '@xiq-siem/delivery';
import { describe, expect, it } from 'vitest';
import { stateFileIn } from '../state-file.ts';
import type { StoredDeadLetter } from './dead-letters.ts';
import {
  allOf,
  appendAll,
  letterOf,
  mib,
  never,
  numbersOf,
  openBodies,
  openTestDeadLetters,
  range,
} from './test-dead-letters.ts';

describe('a stored dead letter', () => {
  it('is listed and returned with its document, also after a restart', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, [1, 2, 3]);
    await letters.close();
    const again = await openTestDeadLetters(letters.directory);
    const { json, ...listed } = letterOf(2);
    expect((await again.list({}, { limit: 10 })).entries[1]).toEqual({ ...listed, number: 2 });
    expect(await again.get(2)).toEqual({ ...listed, number: 2, json });
    expect(await again.get(99)).toBeUndefined();
    expect(await again.counts()).toEqual(
      new Map([['siem', { open: 3, parked: 0, delivered: 0, dropped: 0, lost: 0, fromJobs: 0 }]]),
    );
  });

  it('may have no message, and any text', async () => {
    const letters = await openTestDeadLetters();
    const { message: _, ...silent } = letterOf(1, { json: '{"a":"\u{1f600}\\u0000 \'"}', receipt: "r'1" });
    await letters.append(silent);
    expect(await letters.get(1)).toEqual({ ...silent, number: 1 });
  });

  it('is resolved once by two calls at the same time', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, [1, 2]);
    await Promise.all([letters.resolve([1], 'dropped', 'operator'), letters.resolve([1, 1, 2], 'delivered', 'job-1')]);
    await letters.close();
    const again = await openTestDeadLetters(letters.directory);
    expect((await again.counts()).get('siem')).toEqual({
      open: 0,
      parked: 0,
      delivered: 1,
      dropped: 1,
      lost: 0,
      fromJobs: 0,
    });
    const found = [await again.find(1), await again.find(2)].map((all) => all.map(({ resolved }) => resolved?.by));
    expect(found).toEqual([['operator'], ['job-1']]);
  });

  it('counts once if a crash stored it twice', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, [1, 2]);
    await letters.append(letterOf(1, { code: 'later' }));
    const expected = [
      { number: 1, sequence: 1, code: 'later' },
      { number: 2, sequence: 2, code: 'mapping' },
    ];
    expect(await allOf(letters)).toMatchObject(expected);
    await letters.close();
    const again = await openTestDeadLetters(letters.directory);
    expect(await allOf(again)).toMatchObject(expected);
    expect((await again.counts()).get('siem')?.open).toBe(2);
    // The same event, rejected by another destination, is another entry.
    await again.append(letterOf(1, { destination: 'archive' }));
    expect((await again.counts()).get('archive')?.open).toBe(1);
  });

  it('is counted separately if it came from a job', async () => {
    const letters = await openTestDeadLetters();
    const counts = async () => (await letters.counts()).get('siem');
    await letters.append(letterOf(1));
    for (const sequence of [1, 2, 3, 3]) await letters.append(letterOf(sequence), 'job');
    expect(await counts()).toMatchObject({ open: 3, fromJobs: 2 });
    await letters.append(letterOf(2));
    await letters.replace((await numbersOf(letters, { ids: ['id-3'] }))[0] ?? 0, letterOf(3, { attempts: 2 }));
    expect(await counts()).toMatchObject({ open: 3, fromJobs: 1 });
    await letters.resolve(await numbersOf(letters), 'delivered', 'job');
    expect(await counts()).toEqual({ open: 0, parked: 0, delivered: 3, dropped: 0, lost: 0, fromJobs: 1 });
  });

  it('keeps correct counts under concurrent changes', async () => {
    const letters = await openTestDeadLetters(undefined, { maxBytes: 16 * mib });
    await appendAll(letters, range(1, 300), 1000);
    await Promise.all([
      appendAll(letters, range(280, 400), 1000),
      letters.resolve(range(1, 100), 'dropped', 'operator'),
      letters.resolve(range(50, 150), 'delivered', 'job-1'),
      letters.replace(200, letterOf(200, { attempts: 9, code: 'again' })),
      letters.drop({ code: 'mapping', numbers: range(160, 170) }, 300),
    ]);
    expect(await openBodies(letters)).toEqual([...range(151, 159), ...range(171, 400)]);
    expect((await letters.counts()).get('siem')).toEqual({
      open: 239,
      parked: 0,
      delivered: 50,
      dropped: 111,
      lost: 0,
      fromJobs: 0,
    });
    const groups = await letters.groups();
    expect(groups.map(({ code, count }) => [code, count]).sort()).toEqual([
      ['again', 1],
      ['mapping', 238],
    ]);
  });
});

describe('a query', () => {
  const various: readonly Partial<DeadLetter>[] = [
    { destination: 'siem', code: 'mapping', dataset: 'a' },
    { destination: 'siem', code: 'too_large', dataset: 'a' },
    { destination: 'archive', code: 'mapping', dataset: 'b' },
  ];

  it('filters by every condition, and pages', async () => {
    const letters = await openTestDeadLetters();
    for (const sequence of range(1, 30)) await letters.append(letterOf(sequence, various[sequence % 3]));
    expect(await numbersOf(letters, { code: 'mapping' })).toHaveLength(20);
    expect(await numbersOf(letters, { destination: 'siem', code: 'mapping' })).toEqual(range(1, 10).map((n) => n * 3));
    expect(await numbersOf(letters, { dataset: 'b', fromMs: 2_000_005, toMs: 2_000_011 })).toEqual([5, 8, 11]);
    expect(await numbersOf(letters, { ids: ['id-4', 'id-9', 'id-99'] })).toEqual([4, 9]);
    expect(await numbersOf(letters, { numbers: [3, 1, 99] })).toEqual([1, 3]);
    expect(await letters.extent({ code: 'mapping' })).toEqual({ lastNumber: 30, matching: 20 });
    expect(await letters.extent({ code: 'mapping' }, 9)).toEqual({ lastNumber: 9, matching: 6 });
    expect(await letters.extent({ code: 'none' })).toEqual({ lastNumber: 0, matching: 0 });
    const first = await letters.list({ destination: 'siem' }, { limit: 12 });
    expect(first).toMatchObject({ matched: 20, next: first.entries.at(-1)?.number });
    const rest = await letters.list({ destination: 'siem' }, { limit: 12, after: first.next ?? 0 });
    expect(rest.next).toBeUndefined();
    expect([...first.entries, ...rest.entries].map(({ number }) => number)).toEqual(
      await numbersOf(letters, { destination: 'siem' }),
    );
    const times = { oldestMs: 2_000_002, newestMs: 2_000_029 };
    expect(await letters.groups()).toContainEqual({ ...various[2], count: 10, ...times });
    expect(await letters.newest('archive', 2)).toEqual([
      { sequence: 29, element: 0 },
      { sequence: 26, element: 0 },
    ]);
  });

  it('reads in the order of the numbers, up to the bound, in bounded batches', async () => {
    const letters = await openTestDeadLetters(undefined, { maxBytes: 64 * mib });
    await appendAll(letters, range(1, 600), 10_000);
    await letters.resolve(
      range(1, 600).filter((number) => number % 3 === 0),
      'dropped',
      'operator',
    );
    await letters.append(letterOf(601));
    const batches: (readonly StoredDeadLetter[])[] = [];
    for await (const batch of letters.read({}, 599, never)) batches.push(batch);
    expect(batches.flat().map(({ number }) => number)).toEqual(range(1, 599).filter((number) => number % 3 !== 0));
    expect(batches.flat().every(({ json, sequence }) => JSON.parse(json).number === sequence)).toBe(true);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(100);
  });

  it('stops reading when told to', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, range(1, 250));
    const stop = new AbortController();
    let seen = 0;
    for await (const batch of letters.read({}, 250, stop.signal)) {
      seen += batch.length;
      stop.abort();
    }
    expect(seen).toBe(100);
  });

  it('finds open and resolved entries of a body', async () => {
    let first = 1;
    const letters = await openTestDeadLetters(undefined, { firstBody: () => first });
    for (const element of [0, 1, 2]) await letters.append(letterOf(7, { element, id: `seven-${element}` }));
    await letters.append(letterOf(8));
    await letters.resolve([2], 'dropped', 'operator');
    await letters.resolve([3], 'delivered', 'job-1');
    expect(await letters.find(7)).toMatchObject([
      { number: 1, element: 0, message: 'no such field 7', code: 'mapping' },
      { number: 3, element: 2, resolved: { how: 'delivered', by: 'job-1' } },
      { number: 2, element: 1, resolved: { how: 'dropped', by: 'operator' } },
    ]);
    expect(await letters.find(7, 1)).toMatchObject([{ number: 2, code: 'mapping' }]);
    first = 8;
    await letters.resolve([1], 'dropped', 'operator');
    expect(await letters.find(7)).toEqual([]);
    expect((await letters.counts()).get('siem')).toEqual({
      open: 1,
      parked: 0,
      delivered: 1,
      dropped: 2,
      lost: 0,
      fromJobs: 0,
    });
  });

  it('returns undelivered events, open or dropped, of bodies from a sequence on', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, [1, 2, 3, 4, 5]);
    await letters.append(letterOf(5, { destination: 'other', element: 3 }));
    await letters.resolve([2, 3], 'dropped', 'operator');
    await letters.resolve([4], 'delivered', 'a-job');
    const undelivered = async (from: number) => {
      const found: string[] = [];
      for await (const some of letters.undelivered(from)) {
        found.push(...some.map(({ destination, sequence, element }) => `${sequence}/${element} ${destination}`));
      }
      return found;
    };
    expect(await undelivered(2)).toEqual(['2/0 siem', '3/0 siem', '5/0 siem', '5/3 other']);
    expect(await undelivered(4)).toEqual(['5/0 siem', '5/3 other']);
    // Rejected again by a job, then delivered: the last resolution counts.
    await letters.append(letterOf(3));
    await letters.resolve(await numbersOf(letters, { ids: ['id-3'] }), 'delivered', 'a-job');
    expect(await undelivered(2)).toEqual(['2/0 siem', '5/0 siem', '5/3 other']);
    // A resolution for one destination does not change another.
    await letters.append(letterOf(2, { destination: 'other' }));
    await letters.resolve(await numbersOf(letters, { ids: ['id-2'] }), 'delivered', 'a-job');
    expect(await undelivered(2)).toEqual(['2/0 siem', '5/0 siem', '5/3 other']);
  });
});

describe('a resolution', () => {
  it('replaces an entry that was rejected again, with a number above the limit of the job', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, [1, 2]);
    const { lastNumber } = await letters.extent({});
    await letters.replace(1, letterOf(1, { attempts: 2, code: 'again', json: '{"other":1}' }));
    await letters.replace(1, letterOf(1, { attempts: 3 }));
    expect((await numbersOf(letters)).filter((number) => number <= lastNumber)).toEqual([2]);
    await letters.close();
    const again = await openTestDeadLetters(letters.directory);
    const [second, first] = await allOf(again);
    expect(second).toMatchObject({ number: 2, attempts: 1 });
    expect(first).toMatchObject({ sequence: 1, attempts: 2, code: 'again' });
    expect(first?.number).toBeGreaterThan(lastNumber);
    expect((await again.get(first?.number ?? 0))?.json).toBe('{"other":1}');
    expect((await again.counts()).get('siem')).toMatchObject({ open: 2, parked: 0, delivered: 0, dropped: 0 });
  });

  it('drops entries by a filter, up to a number, however many there are', async () => {
    const letters = await openTestDeadLetters(undefined, { maxBytes: 64 * mib });
    await appendAll(letters, range(1, 2500));
    await letters.append(letterOf(9000, { code: 'other' }));
    await letters.drop({ code: 'mapping' }, 2400);
    expect(await numbersOf(letters)).toEqual([...range(2401, 2500), 2501]);
    expect((await letters.counts()).get('siem')).toEqual({
      open: 101,
      parked: 0,
      delivered: 0,
      dropped: 2400,
      lost: 0,
      fromJobs: 0,
    });
    expect((await letters.find(2))[0]?.resolved).toMatchObject({ how: 'dropped', by: 'operator' });
  });
});

it('a resolution does not change the counts of other groups', async () => {
  const letters = await openTestDeadLetters();
  const groups = [{ dataset: 'a' }, { dataset: 'b' }, { dataset: 'a', code: 'c' }, { dataset: 'a', destination: 'd' }];
  for (const group of groups) await letters.append(letterOf(1, { element: groups.indexOf(group), ...group }));
  await letters.resolve([1], 'dropped', 'operator');
  expect(await letters.groups()).toMatchObject([
    { destination: 'd', dataset: 'a', count: 1 },
    { code: 'c', dataset: 'a', count: 1 },
    { dataset: 'b', count: 1 },
  ]);
});

it('dropped and delivered entries free disk space', async () => {
  const letters = await openTestDeadLetters(undefined, { maxBytes: 64 * mib });
  await appendAll(letters, range(1, 3000), 2000);
  await letters.close();
  const sizeNow = async () => (await stat(stateFileIn(letters.directory))).size;
  const full = await sizeNow();
  expect(full).toBeGreaterThan(6_000_000);
  const again = await openTestDeadLetters(letters.directory, { maxBytes: 64 * mib });
  await again.resolve(range(1, 1500), 'delivered', 'job-1');
  await again.drop({}, 3000);
  await again.close();
  expect(await sizeNow()).toBeLessThan(full / 8);
});

describe('a full store', () => {
  async function fill(letters: Awaited<ReturnType<typeof openTestDeadLetters>>): Promise<number> {
    for (let kept = 0; ; kept += 1) {
      const isTaken = await letters.append(letterOf(kept + 1, {}, 2000)).then(
        () => true,
        () => false,
      );
      if (!isTaken) return kept;
    }
  }

  it('rejects entries, evicts none, and accepts them again after a drop', async () => {
    const letters = await openTestDeadLetters();
    const kept = await fill(letters);
    expect(letters.full).toBe(true);
    await expect(letters.append(letterOf(kept + 1, {}, 2000))).rejects.toMatchObject({
      code: 'state_full',
      message: expect.stringContaining('deadLetters.maxBytes'),
    });
    expect(letters.bytes().used).toBeLessThanOrEqual(letters.bytes().max);
    expect(letters.bytes().used).toBeGreaterThan(letters.bytes().max * 0.99);
    expect(letters.bytes().max).toBe((mib / 16) * 15);
    expect(await openBodies(letters)).toEqual(range(1, kept));
    await letters.resolve([4, 8], 'dropped', 'operator');
    expect(letters.full).toBe(false);
    await letters.append(letterOf(kept + 1, {}, 2000));
    expect(await openBodies(letters)).toEqual(range(1, kept + 1).filter((body) => body !== 4 && body !== 8));
  });

  it('replaces entries that are rejected again, and stays within its limit', async () => {
    const letters = await openTestDeadLetters();
    const kept = await fill(letters);
    for (let round = 2; round < 4; round += 1) {
      for (const { number, sequence } of await allOf(letters)) {
        await letters.replace(number, letterOf(sequence, { attempts: round }, 2000));
      }
      expect(letters.bytes().used).toBeLessThanOrEqual(letters.bytes().max);
    }
    expect((await allOf(letters)).map(({ attempts }) => attempts)).toEqual(range(1, kept).map(() => 3));
  });

  it('can be emptied after its limit was lowered', async () => {
    const roomy = await openTestDeadLetters(undefined, { maxBytes: 4 * mib });
    const kept = await fill(roomy);
    await roomy.close();
    const letters = await openTestDeadLetters(roomy.directory);
    expect(letters.full).toBe(true);
    await letters.drop({}, kept);
    expect(letters.full).toBe(false);
    expect((await letters.counts()).get('siem')).toMatchObject({ open: 0, dropped: kept });
  });

  it('adds nothing if the disk must stay free, but resolves entries', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, [1]);
    await letters.close();
    const again = await openTestDeadLetters(letters.directory, { minFreeBytes: Number.MAX_SAFE_INTEGER });
    await expect(again.append(letterOf(2))).rejects.toMatchObject({ code: 'state_full' });
    expect(again.full).toBe(true);
    await again.resolve([1], 'dropped', 'operator');
    expect(await openBodies(again)).toEqual([]);
  });

  it('stores as many resolved entries as its limit allows, the newest ones', async () => {
    const letters = await openTestDeadLetters();
    await appendAll(letters, range(1, 500), 10);
    await letters.drop({}, 500);
    // A 32nd of 1 MiB, at 128 bytes each.
    expect(await letters.find(500 - 256)).toEqual([]);
    expect(await letters.find(500 - 255)).toHaveLength(1);
    expect((await letters.counts()).get('siem')?.dropped).toBe(500);
  });
});

it('an entry that could not be written uses no space', async () => {
  const letters = await openTestDeadLetters();
  await letters.close();
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(letters.append(letterOf(1, {}, mib * 0.6))).rejects.toMatchObject({ code: 'state_closed' });
  }
  expect(letters.full).toBe(false);
});

it('counts acknowledged losses', async () => {
  const letters = await openTestDeadLetters();
  await letters.append(letterOf(1));
  await letters.writeOff('siem', 2);
  await letters.writeOff('siem', 1);
  await letters.writeOff('other', 4);
  expect(await letters.counts()).toEqual(
    new Map([
      ['other', { open: 0, parked: 0, delivered: 0, dropped: 0, lost: 4, fromJobs: 0 }],
      ['siem', { open: 1, parked: 0, delivered: 0, dropped: 0, lost: 3, fromJobs: 0 }],
    ]),
  );
});
