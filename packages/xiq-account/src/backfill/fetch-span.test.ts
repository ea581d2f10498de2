import { createManualClock } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { createLogReader } from '../rest/log-reader.ts';
import { startFixture } from '../rest/test-api.ts';
import { auditEvent, type TestLogOptions, testLog } from '../rest/test-log.ts';
import { type FetchOptions, fetchSpan, type LogChunk } from './fetch-span.ts';

const hour = 3_600_000;
const T = Date.UTC(2026, 0, 1);
const reader = createLogReader();
const signal = new AbortController().signal;

type Entries = Parameters<typeof testLog>[0];

/** By default a fetch of the first hour, twelve hours later. */
function fixture(entries: Entries, options: TestLogOptions = {}, fetch: Partial<FetchOptions> = {}) {
  const log = testLog(entries, options);
  const clock = createManualClock(T + 12 * hour);
  const chunks = fetchSpan({
    api: log.api,
    reader,
    type: 'audit',
    clock,
    signal,
    fromMs: T,
    toMs: T + hour,
    logDelayMs: 600_000,
    ...fetch,
  });
  return { ...log, clock, chunks };
}

async function all(chunks: AsyncIterable<LogChunk>): Promise<LogChunk[]> {
  const found: LogChunk[] = [];
  for await (const chunk of chunks) found.push(chunk);
  return found;
}

const vendorIds = (chunks: readonly LogChunk[]) =>
  chunks.map(({ events }) => events.map(({ text }): unknown => JSON.parse(text).id));

/** Advances the clock while the fetch waits between reads. */
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

it('reads a span twice, page by page, and sorts its events by time', async () => {
  const entries = [5, 3, 1, 4, 2].map((number) => auditEvent(T + number, number));
  const { requested, chunks } = fixture(entries, { newestFirst: true });
  const [chunk, ...more] = await all(chunks);
  expect(more).toEqual([]);
  expect(chunk).toMatchObject({
    fromMs: T,
    toMs: T + hour,
    totalCount: 5,
    readings: 2,
    repeated: 0,
    uncertainty: undefined,
  });
  expect(vendorIds(chunk === undefined ? [] : [chunk])).toEqual([[1, 2, 3, 4, 5]]);
  expect(requested.map(({ type, page }) => [type, page])).toEqual([1, 2, 3, 1, 2, 3].map((page) => ['audit', page]));
});

it('an empty span is one chunk without events', async () => {
  const { requested, chunks } = fixture([]);
  expect(await all(chunks)).toMatchObject([{ events: [], totalCount: 0, readings: 2, uncertainty: undefined }]);
  expect(requested).toHaveLength(2);
});

it.each(['both', 'neither'] as const)(
  'an event at the start belongs to the span, one at its end does not: %s',
  async (ends) => {
    const times = [T - 1, T, T + 1, T + hour - 1, T + hour, T + hour + 1];
    const { chunks } = fixture(
      times.map((at, index) => auditEvent(at, index)),
      { ends },
    );
    const found = await all(chunks);
    expect(vendorIds(found)).toEqual([[1, 2, 3]]);
    expect(found[0]?.uncertainty).toBeUndefined();
  },
);

it('reads only the part of a span whose log is final', async () => {
  const now = T + 12 * hour;
  const entries = [now - 600_001, now - 600_000, now - 1].map((at, index) => auditEvent(at, index));
  const { chunks } = fixture(entries, {}, { fromMs: now - hour, toMs: now + hour });
  const found = await all(chunks);
  expect(found.at(-1)?.toMs).toBe(now - 600_000);
  expect(vendorIds(found).flat()).toEqual([0]);
  const young = fixture(entries, {}, { fromMs: now - 600_000, toMs: now });
  expect(await all(young.chunks)).toEqual([]);
  expect(young.requested).toEqual([]);
});

it('chunks end at full hours, no millisecond is split, and equal events are numbered across pages', async () => {
  const entries = [
    ...[1, 2, 3].map((id) => auditEvent(T + hour - 1, id)),
    ...[null, null, null].map((id) => auditEvent(T + hour, id)),
  ];
  const { chunks } = fixture(entries, { pageSize: 2 }, { fromMs: T + 1_000, toMs: T + 2 * hour - 1 });
  const found = await all(chunks);
  expect(found.map(({ fromMs, toMs }) => [fromMs - T, toMs - T])).toEqual([
    [1_000, hour],
    [hour, 2 * hour - 1],
  ]);
  expect(vendorIds(found)).toEqual([
    [1, 2, 3],
    [null, null, null],
  ]);
  expect(found.map(({ events }) => events.map(({ occurrence }) => occurrence))).toEqual([
    [1, 1, 1],
    [1, 2, 3],
  ]);
});

it('splits a chunk with too many events, down to a second, without loss or repetition', async () => {
  const entries = Array.from({ length: 40 }, (_, index) => auditEvent(T + (index % 8) * 450_000, index));
  const { chunks } = fixture(entries, { pageSize: 100 }, { maxEvents: 6 });
  const found = await all(chunks);
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

it('rejects a second with too many events, and names the span', async () => {
  const entries = Array.from({ length: 70 }, (_, index) => auditEvent(T + 10, index));
  const full = fixture(entries, { pageSize: 10 }, { maxEvents: 7, toMs: T + 1_000 });
  expect((await all(full.chunks))[0]?.events).toHaveLength(70);
  const tooMany = fixture(
    Array.from({ length: 200 }, (_, index) => auditEvent(T, index)),
    { pageSize: 50 },
    { maxEvents: 7, toMs: T + 1_000 },
  );
  await expect(all(tooMany.chunks)).rejects.toMatchObject({
    code: 'xiq_invalid_response',
    message: expect.stringContaining('to 2026-01-01T00:00:02.000Z'),
  });
});

it('skips an event that a page shift repeats', async () => {
  const entries = [1, 2, 3, 4].map((id) => auditEvent(T + id, id));
  const beforePage = (nth: number) => {
    if (nth === 2) entries.push(auditEvent(T + 5, 5));
  };
  const { clock, chunks } = fixture(entries, { newestFirst: true, beforePage });
  const found = await running(clock, all(chunks));
  expect(vendorIds(found)).toEqual([[1, 2, 3, 4, 5]]);
  expect(found).toMatchObject([{ totalCount: 5, readings: 2, repeated: 1, uncertainty: undefined }]);
});

it('another read finds an event that a page shift hid', async () => {
  const entries = [1, 2, 3, 4, 5].map((id) => auditEvent(T + id, id));
  let lost: Entries = [];
  // The first event disappears before the second page and returns: the third event is on no page of that read.
  const beforePage = (nth: number) => {
    if (nth === 2) lost = entries.splice(0, 1);
    if (nth === 3) entries.unshift(...lost);
  };
  const { clock, chunks } = fixture(entries, { beforePage, total: () => 5 });
  const found = await running(clock, all(chunks));
  expect(vendorIds(found)).toEqual([[1, 2, 3, 4, 5]]);
  expect(found).toMatchObject([{ readings: 2, uncertainty: undefined }]);
});

it('reads again until the total is stable, with pauses', async () => {
  const entries = [auditEvent(T, 0)];
  const beforePage = (nth: number) => {
    if (nth <= 3) entries.push(auditEvent(T + nth, nth));
  };
  const { clock, chunks } = fixture(entries, { pageSize: 100, beforePage });
  const before = clock.now();
  const found = await running(clock, all(chunks));
  expect(vendorIds(found)).toEqual([[0, 1, 2, 3]]);
  expect(found).toMatchObject([{ readings: 4, totalCount: 4, uncertainty: undefined }]);
  expect(clock.now() - before).toBe(1_000 + 2_000);
});

it('reports an unstable total after five reads, with all events', async () => {
  const entries: Entries = [];
  const beforePage = (nth: number) => {
    entries.push(auditEvent(T + nth, nth));
  };
  const { clock, chunks } = fixture(entries, { pageSize: 100, beforePage });
  const found = await running(clock, all(chunks));
  expect(found).toMatchObject([{ readings: 5, totalCount: 5, uncertainty: { code: 'total_unstable' } }]);
  expect(vendorIds(found)).toEqual([[1, 2, 3, 4, 5]]);
});

it('reports fewer events than ExtremeCloud IQ counts, with both numbers', async () => {
  const { clock, chunks } = fixture([auditEvent(T, 1), auditEvent(T, 2)], { total: () => 9 }, { maxReadings: 3 });
  const found = await running(clock, all(chunks));
  expect(found).toMatchObject([{ readings: 3, uncertainty: { code: 'events_missing' } }]);
  expect(found[0]?.uncertainty?.message).toContain('counts 9 events, but its pages have only 2');
  expect(vendorIds(found)).toEqual([[1, 2]]);
});

it('keeps all events without a vendor id, and takes them from one read only', async () => {
  const entries = [auditEvent(T, null), auditEvent(T, null), auditEvent(T, 1)];
  const { chunks } = fixture(entries);
  const found = await all(chunks);
  expect(found).toMatchObject([{ totalCount: 3, readings: 2, uncertainty: undefined }]);
  expect(found[0]?.events.map(({ occurrence }) => occurrence)).toEqual([1, 2, 1]);
});

it('large ids are not rounded', async () => {
  const entries = ['9007199254740992', '9007199254740993', '"9007199254740994"'].map((id) => auditEvent(T, id));
  expect((await all(fixture(entries).chunks))[0]?.events).toHaveLength(3);
});

it('keeps two events with the same vendor id and different texts, and reports the count', async () => {
  const { clock, chunks } = fixture([auditEvent(T, 1), auditEvent(T, 1, { code: 10002 })], {}, { maxReadings: 2 });
  const [chunk] = await running(clock, all(chunks));
  expect(chunk?.events).toHaveLength(2);
  expect(chunk?.uncertainty?.code).toBe('events_missing');
});

it('detects an API that filters by other times: events may be missing', async () => {
  const stray = { ...auditEvent(T + 9 * hour, 2), timeMs: T + 1 };
  const found = await all(fixture([auditEvent(T, 1), stray]).chunks);
  expect(vendorIds(found)).toEqual([[1]]);
  expect(found[0]?.uncertainty?.code).toBe('other_times');
});

it('skips and reports entries that are not objects; keeps an event without a time', async () => {
  const unusual = ['5', 'null', '[]', '{"id":8}'].map((text) => ({ timeMs: T, text }));
  const found = await all(fixture([...unusual, auditEvent(T, 1)]).chunks);
  expect(vendorIds(found)).toEqual([[1, 8]]);
  expect(found[0]?.uncertainty?.message).toContain('3 of 5 entries');
});

it('resumes after a failure at the end of the last chunk', async () => {
  const entries = [0, 1, 2].map((index) => auditEvent(T + index * hour, index));
  let breaks = true;
  const beforePage = (nth: number) => {
    if (nth === 4 && breaks) throw new Error('cut');
  };
  const log = testLog(entries, { beforePage });
  const clock = createManualClock(T + 12 * hour);
  const found: LogChunk[] = [];
  const options = { api: log.api, reader, type: 'audit', clock, signal, toMs: T + 3 * hour, logDelayMs: 0 } as const;
  const run = async () => {
    for await (const chunk of fetchSpan({ ...options, fromMs: found.at(-1)?.toMs ?? T })) found.push(chunk);
  };
  await expect(run()).rejects.toThrow('cut');
  expect(vendorIds(found)).toEqual([[0]]);
  breaks = false;
  await run();
  expect(vendorIds(found)).toEqual([[0], [1], [2]]);
});

it('sends no more requests when its signal fires', async () => {
  const abort = new AbortController();
  const entries = [0, 1].map((index) => auditEvent(T + index * hour, index));
  const { chunks, requested } = fixture(entries, {}, { toMs: T + 5 * hour, signal: abort.signal });
  const fetched = async () => {
    for await (const { toMs } of chunks) {
      expect([toMs, requested.length]).toEqual([T + hour, 2]);
      abort.abort(new Error('enough'));
    }
  };
  await expect(fetched()).rejects.toThrow('enough');
  expect(requested).toHaveLength(2);
});

it.each([
  [T, T],
  [T + 1, T],
  [-1, T],
  [Number.NaN, T],
  [0.5, T],
])('%d to %d is not a valid span', async (fromMs, toMs) => {
  await expect(all(fixture([], {}, { fromMs, toMs }).chunks)).rejects.toMatchObject({ code: 'usage' });
});

it('150 events of one millisecond, read by the real client in pages of 100, have different ids', async () => {
  const { client, server, clock } = await startFixture(onTestFinished);
  const fromMs = clock.now() - 2 * hour;
  server.logs.set(
    'audit',
    Array.from({ length: 150 }, (_, index) => auditEvent(fromMs + 5, `90071992547409${index + 100}`).text),
  );
  const options = { api: client, reader, type: 'audit', clock, signal, logDelayMs: 600_000 } as const;
  const [chunk] = await all(fetchSpan({ ...options, fromMs, toMs: fromMs + hour }));
  expect(new Set(chunk?.events.map(({ id }) => id)).size).toBe(150);
  expect(new Set(chunk?.events.map(({ pairingKey }) => pairingKey)).size).toBe(1);
  expect(server.requests).toHaveLength(4);
  expect(server.requests[0]?.query.get('startTime')).toBe(String(fromMs - 1_000));
});
