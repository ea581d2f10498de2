import { backfillRequest, type Job, jobSchema, replayRequest, retryRequest } from '@xiq-siem/admin-api';
import { initialPosition } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openJobRecords, readJobRecords } from './job-records.ts';
import { newStateDirectory, openTestState } from './test-state.ts';

const span = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
const created = '2026-01-03T00:00:00Z';

test.each<[Job['kind'], Job['request']]>([
  ['replay', replayRequest.parse(span)],
  ['replay', replayRequest.parse({ ...span, destinations: ['one'], where: { datasets: ['x'] } })],
  ['retry', retryRequest.parse(span)],
  ['retry', retryRequest.parse({})],
  ['backfill', backfillRequest.parse(span)],
])('keeps the request of a %s after a restart and through the API schema', async (kind, request) => {
  const directory = await newStateDirectory();
  const job: Job = { id: 'a1', kind, state: 'running', request, created, streams: [] };
  const state = await openTestState(directory);
  await (await openJobRecords(state.documents)).save({ v: 1, job, lastNumber: 7, span: { first: 1, next: 3 } });
  await state.close();
  const [record] = (await openJobRecords((await openTestState(directory)).documents)).all();
  expect(record?.job.request).toEqual(request);
  expect(JSON.stringify(record?.job.request)).toBe(JSON.stringify(request));
  expect(record).toMatchObject({ lastNumber: 7, span: { first: 1, next: 3 }, job: { state: 'interrupted' } });
  expect(jobSchema.parse(JSON.parse(JSON.stringify(job))).request).toEqual(request);
});

test('an invalid record is logged and not changed', async () => {
  const log = createRecordingLogger();
  const { documents } = await openTestState(undefined, log);
  await documents.put('job/newer', { v: 2 });
  expect(await readJobRecords(documents)).toEqual([]);
  expect(log.of('state.document_unreadable').map(({ attributes }) => attributes['document'])).toEqual(['job/newer']);
});

test('reads a record with old keys, and saves it with the current ones', async () => {
  const { documents } = await openTestState();
  const counts = { done: 1, total: 2, delivered: 1, duplicate: 0, deadLettered: 0, filtered: 0, damaged: 0 };
  const lane = { destination: 'one', state: 'paused', reason: 'x', words: 'no such index', ...counts };
  const type = { messageType: 'AUDIT', done: 1, fetched: 1, known: 0, kept: 1 };
  const job = { id: 'a1', kind: 'backfill', state: 'failed', request: backfillRequest.parse(span), created };
  const doubted = { messageType: 'AUDIT', fetchedToMs: 2, fetched: 1, known: 0, kept: 1 };
  await documents.put('job/a1', {
    v: 1,
    job: { ...job, lanes: [lane], types: [{ ...type, state: 'failed', words: 'stopped' }] },
    backfill: { source: 'xiq', types: [{ ...doubted, doubt: { fromMs: 1, words: 'it moves' } }] },
  });
  const [record] = await readJobRecords(documents);
  expect(record).toMatchObject({
    job: { streams: [{ destination: 'one', message: 'no such index' }], types: [{ message: 'stopped' }] },
    backfill: { types: [{ doubt: { fromMs: 1, message: 'it moves' } }] },
  });
  if (record !== undefined) await (await openJobRecords(documents)).save(record);
  expect(JSON.stringify(await documents.get('job/a1', z.unknown()))).not.toMatch(/"(?:lanes|words)"/);
});

test('stores the position of each destination of a replay', async () => {
  const directory = await newStateDirectory();
  const state = await openTestState(directory);
  const records = await openJobRecords(state.documents);
  const position = await records.position('a1', 'one', initialPosition(7));
  expect(position.position).toEqual(initialPosition(7));
  await position.save(initialPosition(9));
  expect(position.position).toEqual(initialPosition(9));
  await state.close();
  const again = await openJobRecords((await openTestState(directory)).documents);
  expect((await again.position('a1', 'one', initialPosition(1))).position).toEqual(initialPosition(9));
  expect((await again.position('a1', 'two', initialPosition(1))).position).toEqual(initialPosition(1));
});

test('keeps the newest hundred ended jobs with their positions, and all unfinished ones', async () => {
  const { documents } = await openTestState();
  const records = await openJobRecords(documents);
  const request = retryRequest.parse({});
  const frame = { kind: 'retry' as const, request, created, streams: [] };
  await records.save({ v: 1, job: { ...frame, id: 'old', state: 'interrupted' } });
  for (const id of ['id-0', 'id-50'])
    await (await records.position(id, 'one', initialPosition(1))).save(initialPosition(5));
  for (let number = 0; number < 103; number += 1) {
    const ended = new Date(number * 1000).toISOString();
    await records.save({ v: 1, job: { ...frame, id: `id-${number}`, state: 'done', ended } });
  }
  const ids = records.all().map(({ job }) => job.id);
  expect(ids).toHaveLength(101);
  expect(ids).toContain('old');
  for (const gone of ['id-0', 'id-1', 'id-2']) expect(ids).not.toContain(gone);
  expect((await readJobRecords(documents)).map(({ job }) => job.id).sort()).toEqual(ids.toSorted());
  expect((await records.position('id-0', 'one', initialPosition(1))).position).toEqual(initialPosition(1));
  expect((await records.position('id-50', 'one', initialPosition(1))).position).toEqual(initialPosition(5));
});

test('keeps the last of several concurrent saves', async () => {
  const { documents } = await openTestState();
  const records = await openJobRecords(documents);
  const job: Job = { id: 'a1', kind: 'retry', state: 'running', request: retryRequest.parse({}), created, streams: [] };
  const states = ['running', 'interrupted', 'failed', 'done'] as const;
  await Promise.all(states.map((state) => records.save({ v: 1, job: { ...job, state } })));
  expect(await readJobRecords(documents)).toMatchObject([{ job: { state: 'done' } }]);
});

test('rejects if a record cannot be saved', async () => {
  const { documents, close } = await openTestState();
  const records = await openJobRecords(documents);
  await close();
  const job: Job = { id: 'a1', kind: 'retry', state: 'done', request: retryRequest.parse({}), created, streams: [] };
  await expect(records.save({ v: 1, job })).rejects.toMatchObject({ code: 'state_closed' });
});
