import { createManualClock } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { createLogReader } from '../rest/log-reader.ts';
import { startFixture } from '../rest/test-api.ts';
import { auditEvent, type TestLogOptions, testLog } from '../rest/test-log.ts';
import { type FetchedPiece, type FetchOptions, fetchSpan } from './fetch-span.ts';

const hour = 3_600_000;
const T = Date.UTC(2026, 0, 1);
const reader = createLogReader();
const signal = new AbortController().signal;

type Entries = Parameters<typeof testLog>[0];

/** A fetch of the first hour, where nothing else is said, twelve hours later. */
function fixture(entries: Entries, options: TestLogOptions = {}, fetch: Partial<FetchOptions> = {}) {
  const log = testLog(entries, options);
  const clock = createManualClock(T + 12 * hour);
  const pieces = fetchSpan({
    api: log.api,
    reader,
    type: 'audit',
    clock,
    signal,
    fromMs: T,
    toMs: T + hour,
    settleMs: 600_000,
    ...fetch,
  });
  return { ...log, clock, pieces };
}

async function all(pieces: AsyncIterable<FetchedPiece>): Promise<FetchedPiece[]> {
  const found: FetchedPiece[] = [];
  for await (const piece of pieces) found.push(piece);
  return found;
}

const vendorIds = (pieces: readonly FetchedPiece[]) =>
  pieces.map(({ events }) => events.map(({ text }): unknown => JSON.parse(text).id));

/** While it waits between readings, the clock goes on. */
async function running<Value>(clock: ReturnType<typeof createManualClock>, work: Promise<Value>): Promise<Value> {
  let done = false;
  void work
    .catch(() => undefined)
    .finally(() => {
      done = true;
    });
  await clock.settle();
  if (!done) await clock.runUntil(() => done);
  return work;
}

it('reads a span twice, page by page, and gives its events in the order of their times', async () => {
  const entries = [5, 3, 1, 4, 2].map((number) => auditEvent(T + number, number));
  const { asked, pieces } = fixture(entries, { newestFirst: true });
  const [piece, ...more] = await all(pieces);
  expect(more).toEqual([]);
  expect(piece).toMatchObject({ fromMs: T, toMs: T + hour, totalCount: 5, readings: 2, repeated: 0, doubt: undefined });
  expect(vendorIds(piece === undefined ? [] : [piece])).toEqual([[1, 2, 3, 4, 5]]);
  expect(asked.map(({ type, page }) => [type, page])).toEqual([1, 2, 3, 1, 2, 3].map((page) => ['audit', page]));
});

it('an empty span is one whole piece without events', async () => {
  const { asked, pieces } = fixture([]);
  expect(await all(pieces)).toMatchObject([{ events: [], totalCount: 0, readings: 2, doubt: undefined }]);
  expect(asked).toHaveLength(2);
});

it.each(['both', 'neither'] as const)(
  'an event at the start belongs to the span, one at its end does not: %s',
  async (ends) => {
    const times = [T - 1, T, T + 1, T + hour - 1, T + hour, T + hour + 1];
    const { pieces } = fixture(
      times.map((at, index) => auditEvent(at, index)),
      { ends },
    );
    const found = await all(pieces);
    expect(vendorIds(found)).toEqual([[1, 2, 3]]);
    expect(found[0]?.doubt).toBeUndefined();
  },
);

it('is read only up to what has settled', async () => {
  const now = T + 12 * hour;
  const entries = [now - 600_001, now - 600_000, now - 1].map((at, index) => auditEvent(at, index));
  const { pieces } = fixture(entries, {}, { fromMs: now - hour, toMs: now + hour });
  const found = await all(pieces);
  expect(found.at(-1)?.toMs).toBe(now - 600_000);
  expect(vendorIds(found).flat()).toEqual([0]);
  const young = fixture(entries, {}, { fromMs: now - 600_000, toMs: now });
  expect(await all(young.pieces)).toEqual([]);
  expect(young.asked).toEqual([]);
});

it('pieces end at full hours, no millisecond is split, and equal events are numbered across the edges of pages', async () => {
  const entries = [
    ...[1, 2, 3].map((id) => auditEvent(T + hour - 1, id)),
    ...[4, 5, 6].map((id) => auditEvent(T + hour, id)),
  ];
  const { pieces } = fixture(entries, { pageSize: 2 }, { fromMs: T + 1_000, toMs: T + 2 * hour - 1 });
  const found = await all(pieces);
  expect(found.map(({ fromMs, toMs }) => [fromMs - T, toMs - T])).toEqual([
    [1_000, hour],
    [hour, 2 * hour - 1],
  ]);
  expect(vendorIds(found)).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(found.map(({ events }) => events.map(({ occurrence }) => occurrence))).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

it('a piece with too many events is cut, down to a second, and nothing is lost or twice', async () => {
  const entries = Array.from({ length: 40 }, (_, index) => auditEvent(T + (index % 8) * 450_000, index));
  const { pieces } = fixture(entries, { pageSize: 100 }, { maxEvents: 6 });
  const found = await all(pieces);
  expect(
    vendorIds(found)
      .flat()
      .toSorted((a, b) => Number(a) - Number(b)),
  ).toEqual(entries.map((_, index) => index));
  expect(found.map(({ events }) => events.length).filter((count) => count > 0)).toEqual(
    Array.from({ length: 8 }, () => 5),
  );
  expect(found.every(({ fromMs }, index) => fromMs === (found[index - 1]?.toMs ?? T))).toBe(true);
  expect(found.at(-1)?.toMs).toBe(T + hour);
});

it('a second with more events than may be read at once is refused, with the span', async () => {
  const entries = Array.from({ length: 70 }, (_, index) => auditEvent(T + 10, index));
  const full = fixture(entries, { pageSize: 10 }, { maxEvents: 7, toMs: T + 1_000 });
  expect((await all(full.pieces))[0]?.events).toHaveLength(70);
  const nonsense = fixture(
    Array.from({ length: 200 }, (_, index) => auditEvent(T, index)),
    { pageSize: 50 },
    { maxEvents: 7, toMs: T + 1_000 },
  );
  await expect(all(nonsense.pieces)).rejects.toMatchObject({
    code: 'xiq_invalid_response',
    message: expect.stringContaining('to 2026-01-01T00:00:02.000Z'),
  });
});

it('a page that shifts while it is read repeats an event, which is left out', async () => {
  const entries = [1, 2, 3, 4].map((id) => auditEvent(T + id, id));
  const beforePage = (nth: number) => {
    if (nth === 2) entries.push(auditEvent(T + 5, 5));
  };
  const { clock, pieces } = fixture(entries, { newestFirst: true, beforePage });
  const found = await running(clock, all(pieces));
  expect(vendorIds(found)).toEqual([[1, 2, 3, 4, 5]]);
  expect(found).toMatchObject([{ totalCount: 5, readings: 2, repeated: 1, doubt: undefined }]);
});

it('an event that a shifting page hid is found by another reading', async () => {
  const entries = [1, 2, 3, 4, 5].map((id) => auditEvent(T + id, id));
  let lost: Entries = [];
  // The first goes while the second page is asked for, and comes back: the third event is on no page of that reading.
  const beforePage = (nth: number) => {
    if (nth === 2) lost = entries.splice(0, 1);
    if (nth === 3) entries.unshift(...lost);
  };
  const { clock, pieces } = fixture(entries, { beforePage, total: () => 5 });
  const found = await running(clock, all(pieces));
  expect(vendorIds(found)).toEqual([[1, 2, 3, 4, 5]]);
  expect(found).toMatchObject([{ readings: 2, doubt: undefined }]);
});

it('is read again until the total holds still, with a pause in between', async () => {
  const entries = [auditEvent(T, 0)];
  const beforePage = (nth: number) => {
    if (nth <= 3) entries.push(auditEvent(T + nth, nth));
  };
  const { clock, pieces } = fixture(entries, { pageSize: 100, beforePage });
  const before = clock.now();
  const found = await running(clock, all(pieces));
  expect(vendorIds(found)).toEqual([[0, 1, 2, 3]]);
  expect(found).toMatchObject([{ readings: 4, totalCount: 4, doubt: undefined }]);
  expect(clock.now() - before).toBe(1_000 + 2_000);
});

it('a total that never holds still is said after five readings, with all that was read', async () => {
  const entries: Entries = [];
  const beforePage = (nth: number) => {
    entries.push(auditEvent(T + nth, nth));
  };
  const { clock, pieces } = fixture(entries, { pageSize: 100, beforePage });
  const found = await running(clock, all(pieces));
  expect(found).toMatchObject([{ readings: 5, totalCount: 5, doubt: { code: 'total_moves' } }]);
  expect(vendorIds(found)).toEqual([[1, 2, 3, 4, 5]]);
});

it('fewer events than ExtremeCloud IQ counts is said, with both numbers', async () => {
  const { clock, pieces } = fixture([auditEvent(T, 1), auditEvent(T, 2)], { total: () => 9 }, { maxReadings: 3 });
  const found = await running(clock, all(pieces));
  expect(found).toMatchObject([{ readings: 3, doubt: { code: 'events_missing' } }]);
  expect(found[0]?.doubt?.message).toContain('counts 9 events, but gave only 2');
  expect(vendorIds(found)).toEqual([[1, 2]]);
});

it('of events without an id of the vendor none is left out, and none is taken twice from two readings', async () => {
  const entries = [auditEvent(T, null), auditEvent(T, null), auditEvent(T, 1)];
  const { pieces } = fixture(entries);
  const found = await all(pieces);
  expect(found).toMatchObject([{ totalCount: 3, readings: 2, doubt: undefined }]);
  expect(found[0]?.events.map(({ occurrence }) => occurrence)).toEqual([1, 2, 3]);
});

it('big ids are not rounded into one', async () => {
  const entries = ['9007199254740992', '9007199254740993', '"9007199254740994"'].map((id) => auditEvent(T, id));
  expect((await all(fixture(entries).pieces))[0]?.events).toHaveLength(3);
});

it('two events of one vendor id but other words are both kept, and the count says that something is odd', async () => {
  const { clock, pieces } = fixture([auditEvent(T, 1), auditEvent(T, 1, { code: 10002 })], {}, { maxReadings: 2 });
  const [piece] = await running(clock, all(pieces));
  expect(piece?.events).toHaveLength(2);
  expect(piece?.doubt?.code).toBe('events_missing');
});

it('an API that goes by other times is found out: what it gave may not be all', async () => {
  const stray = { ...auditEvent(T + 9 * hour, 2), timeMs: T + 1 };
  const found = await all(fixture([auditEvent(T, 1), stray]).pieces);
  expect(vendorIds(found)).toEqual([[1]]);
  expect(found[0]?.doubt?.code).toBe('other_times');
});

it('entries that are no objects are left out and said; an event without a time is kept', async () => {
  const odd = ['5', 'null', '[]', '{"id":8}'].map((text) => ({ timeMs: T, text }));
  const found = await all(fixture([...odd, auditEvent(T, 1)]).pieces);
  expect(vendorIds(found)).toEqual([[1, 8]]);
  expect(found[0]?.doubt?.message).toContain('3 of 5 entries');
});

it('after a failure in the middle it goes on where the last piece ended', async () => {
  const entries = [0, 1, 2].map((index) => auditEvent(T + index * hour, index));
  let breaks = true;
  const beforePage = (nth: number) => {
    if (nth === 4 && breaks) throw new Error('cut');
  };
  const log = testLog(entries, { beforePage });
  const clock = createManualClock(T + 12 * hour);
  const found: FetchedPiece[] = [];
  const options = { api: log.api, reader, type: 'audit', clock, signal, toMs: T + 3 * hour, settleMs: 0 } as const;
  const run = async () => {
    for await (const piece of fetchSpan({ ...options, fromMs: found.at(-1)?.toMs ?? T })) found.push(piece);
  };
  await expect(run()).rejects.toThrow('cut');
  expect(vendorIds(found)).toEqual([[0]]);
  breaks = false;
  await run();
  expect(vendorIds(found)).toEqual([[0], [1], [2]]);
});

it('asks no more when its signal fires', async () => {
  const abort = new AbortController();
  const entries = [0, 1].map((index) => auditEvent(T + index * hour, index));
  const { pieces, asked } = fixture(entries, {}, { toMs: T + 5 * hour, signal: abort.signal });
  const fetched = async () => {
    for await (const { toMs } of pieces) {
      expect([toMs, asked.length]).toEqual([T + hour, 2]);
      abort.abort(new Error('enough'));
    }
  };
  await expect(fetched()).rejects.toThrow('enough');
  expect(asked).toHaveLength(2);
});

it.each([
  [T, T],
  [T + 1, T],
  [-1, T],
  [Number.NaN, T],
  [0.5, T],
])('%d to %d is no span', async (fromMs, toMs) => {
  await expect(all(fixture([], {}, { fromMs, toMs }).pieces)).rejects.toMatchObject({ code: 'usage' });
});

it('of 150 events of one millisecond, by the real client in pages of 100, each has its own id', async () => {
  const { client, server, clock } = await startFixture(onTestFinished);
  const fromMs = clock.now() - 2 * hour;
  server.logs.set(
    'audit',
    Array.from({ length: 150 }, (_, index) => auditEvent(fromMs + 5, `90071992547409${index + 100}`).text),
  );
  const options = { api: client, reader, type: 'audit', clock, signal, settleMs: 600_000 } as const;
  const [piece] = await all(fetchSpan({ ...options, fromMs, toMs: fromMs + hour }));
  expect(new Set(piece?.events.map(({ id }) => id)).size).toBe(150);
  expect(piece?.events.map(({ occurrence }) => occurrence)).toEqual(
    Array.from({ length: 150 }, (_, index) => index + 1),
  );
  expect(server.requests).toHaveLength(4);
  expect(server.requests[0]?.query.get('startTime')).toBe(String(fromMs - 1_000));
});
