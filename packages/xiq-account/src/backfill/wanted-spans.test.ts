import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { openAliveMark, openWantedSpans } from './wanted-spans.ts';

async function opened() {
  const directory = await mkdtemp(join(tmpdir(), 'wanted-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'wanted.spans');
  const log = createRecordingLogger();
  return { path, log, wanted: await openWantedSpans(path, log), open: () => openWantedSpans(path, log) };
}

const audit = ['AUDIT_LOG_ALL'];
const span = { source: 'xiq', fromMs: 100, toMs: 200, messageTypes: audit, why: 'down', forceDuplicates: false };

it.each([
  ['within another', { fromMs: 110, toMs: 190 }],
  ['the same', {}],
])('a span that is %s is not kept twice, also while that one is filled', async (_, more) => {
  const { wanted } = await opened();
  await wanted.add(span);
  const [first] = wanted.list();
  if (first === undefined) throw new Error('not kept');
  await wanted.replace(first, { ...first, job: 'job0' });
  await wanted.add({ ...span, ...more });
  expect(wanted.list()).toMatchObject([{ ...span, job: 'job0' }]);
});

it.each([
  ['of another source', { source: 'other' }],
  ['that begins earlier', { fromMs: 99, toMs: 150 }],
  ['that ends later', { fromMs: 150, toMs: 201 }],
  ['of another type', { fromMs: 110, messageTypes: ['SMS_LOG_ALL'] }],
  ['of all types', { fromMs: 110, messageTypes: undefined }],
])('a span %s is kept beside it', async (_, more) => {
  const { wanted } = await opened();
  await wanted.add(span);
  await wanted.add({ ...span, ...more });
  expect(wanted.list()).toHaveLength(2);
});

it('a span that covers others replaces them, and one of another type and the same time joins', async () => {
  const { wanted } = await opened();
  await wanted.add({ ...span, fromMs: 110 });
  await wanted.add(span);
  expect(wanted.list()).toHaveLength(1);
  await wanted.add({ ...span, messageTypes: ['SMS_LOG_ALL'] });
  expect(wanted.list()).toMatchObject([{ fromMs: 100, messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL'] }]);
});

it('at most 200 are kept; the newest is not, which is logged', async () => {
  const { wanted, log } = await opened();
  for (let index = 0; index <= 200; index++)
    await wanted.add({ ...span, fromMs: index * 1_000, toMs: index * 1_000 + 1 });
  expect(wanted.list()).toHaveLength(200);
  expect(log.of('backfill.too_many_gaps')).toHaveLength(1);
});

it('spans are there after a restart, in a file for us alone; one that is invalid is logged and passed over', async () => {
  const { wanted, open, path, log } = await opened();
  await Promise.all([wanted.add(span), wanted.add({ ...span, source: 'other' })]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await open()).list()).toEqual(wanted.list());
  await writeFile(path, '{"v":1,');
  expect((await open()).list()).toEqual([]);
  expect(log.of('backfill.gaps_unreadable')).toMatchObject([{ facts: { file: path } }]);
});

it('the last time is there after a restart; a file that is invalid is one that is not there', async () => {
  const { path } = await opened();
  const alive = await openAliveMark(path);
  expect(alive.lastMs()).toBeUndefined();
  await alive.set(1_767_225_600_000);
  expect(await readFile(path, 'utf8')).toBe('1767225600000\n');
  expect((await openAliveMark(path)).lastMs()).toBe(1_767_225_600_000);
  await writeFile(path, '-1\n');
  expect((await openAliveMark(path)).lastMs()).toBeUndefined();
});
