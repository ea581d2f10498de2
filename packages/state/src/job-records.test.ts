import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backfillRequest, type Job, jobSchema, replayRequest, retryRequest } from '@xiq-siem/admin-api';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJobRecords, readJobRecords } from './job-record.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'records-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const span = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
const created = '2026-01-03T00:00:00Z';

test.each<[Job['kind'], Job['request']]>([
  ['replay', replayRequest.parse(span)],
  ['replay', replayRequest.parse({ ...span, destinations: ['one'], where: { datasets: ['x'] } })],
  ['retry', retryRequest.parse(span)],
  ['retry', retryRequest.parse({})],
  ['backfill', backfillRequest.parse(span)],
])(
  'what a %s was asked stands as it was asked after a restart, and at the other end of the API',
  async (kind, request) => {
    const log = createRecordingLogger();
    const job: Job = { id: 'a1', kind, state: 'running', request, created, lanes: [] };
    await (await openJobRecords(directory, log)).save({ v: 1, job, lastNumber: 7, span: { first: 1, next: 3 } });
    const [record] = (await openJobRecords(directory, log)).all();
    expect(record?.job.request).toEqual(request);
    expect(JSON.stringify(record?.job.request)).toBe(JSON.stringify(request));
    expect(record).toMatchObject({ lastNumber: 7, span: { first: 1, next: 3 }, job: { state: 'interrupted' } });
    expect(jobSchema.parse(JSON.parse(JSON.stringify(job))).request).toEqual(request);
  },
);

test('a file that makes no sense is said, and left', async () => {
  await writeFile(join(directory, 'bad.json'), '{"v":1,');
  await writeFile(join(directory, 'newer.json'), '{"v":2}');
  await writeFile(join(directory, 'x.one.position'), 'no record');
  const log = createRecordingLogger();
  expect(await readJobRecords(directory, log)).toEqual([]);
  expect(log.of('job.unreadable').map(({ facts }) => facts['file'])).toEqual(['bad.json', 'newer.json']);
  expect((await stat(join(directory, 'bad.json'))).size).toBe(7);
});

test('of those that have ended the newest hundred are remembered, those that go on all; and no file of others stays', async () => {
  const records = await openJobRecords(directory, createRecordingLogger());
  const request = retryRequest.parse({});
  const frame = { kind: 'retry' as const, request, created, lanes: [] };
  await records.save({ v: 1, job: { ...frame, id: 'old', state: 'interrupted' } });
  await writeFile(records.positionPath('id-0', 'one'), '');
  for (let number = 0; number < 103; number += 1) {
    const ended = new Date(number * 1000).toISOString();
    await records.save({ v: 1, job: { ...frame, id: `id-${number}`, state: 'done', ended } });
  }
  const ids = records.all().map(({ job }) => job.id);
  expect(ids).toHaveLength(101);
  expect(ids).toContain('old');
  for (const gone of ['id-0', 'id-1', 'id-2']) expect(ids).not.toContain(gone);
  const files = await readdir(directory);
  expect(files.sort()).toEqual(ids.map((id) => `${id}.json`).sort());
});

test('saved twice at once, the later one stands', async () => {
  const records = await openJobRecords(directory, createRecordingLogger());
  const job: Job = { id: 'a1', kind: 'retry', state: 'running', request: retryRequest.parse({}), created, lanes: [] };
  const states = ['running', 'interrupted', 'failed', 'done'] as const;
  await Promise.all(states.map((state) => records.save({ v: 1, job: { ...job, state } })));
  expect(await readJobRecords(directory, createRecordingLogger())).toMatchObject([{ job: { state: 'done' } }]);
  expect(await readdir(directory)).toEqual(['a1.json']);
});
