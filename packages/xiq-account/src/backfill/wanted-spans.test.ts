import { documentNames } from '@xiq-siem/state';
import { openTestState } from '@xiq-siem/state/test-state';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { openAliveMark, openWantedSpans } from './wanted-spans.ts';

async function opened() {
  const log = createRecordingLogger();
  const { documents } = await openTestState(undefined, log);
  const open = () => openWantedSpans(documents, log);
  return { documents, log, open, wanted: await open() };
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

it('a span whose job was begun stays until that is done, also beside one that covers it', async () => {
  const { wanted } = await opened();
  await wanted.add({ ...span, fromMs: 110 });
  const [begun] = wanted.list();
  if (begun === undefined) throw new Error('not kept');
  await wanted.replace(begun, { ...begun, job: 'job0' });
  await wanted.add(span);
  expect(wanted.list()).toMatchObject([{ fromMs: 110, job: 'job0' }, { fromMs: 100 }]);
});

it('at most 200 are kept; the newest is not, which is logged', async () => {
  const { wanted, log } = await opened();
  for (let index = 0; index <= 200; index++)
    await wanted.add({ ...span, fromMs: index * 1_000, toMs: index * 1_000 + 1 });
  expect(wanted.list()).toHaveLength(200);
  expect(log.of('backfill.too_many_gaps')).toHaveLength(1);
});

it('spans are there after a restart; a document that is invalid is logged and passed over', async () => {
  const { wanted, open, documents, log } = await opened();
  await Promise.all([wanted.add(span), wanted.add({ ...span, source: 'other' })]);
  expect((await open()).list()).toEqual(wanted.list());
  await documents.put(documentNames.wantedSpans, { v: 2 });
  expect((await open()).list()).toEqual([]);
  expect(log.of('state.document_unreadable')).toMatchObject([{ attributes: { document: documentNames.wantedSpans } }]);
});

it('the last time is there after a restart; a document that is invalid is one that is not there', async () => {
  const { documents, log } = await opened();
  const alive = await openAliveMark(documents);
  expect(alive.lastMs()).toBeUndefined();
  await alive.set(1_767_225_600_000);
  expect((await openAliveMark(documents)).lastMs()).toBe(1_767_225_600_000);
  await documents.put(documentNames.alive, -1);
  expect((await openAliveMark(documents)).lastMs()).toBeUndefined();
  expect(log.of('state.document_unreadable')).toMatchObject([{ attributes: { document: documentNames.alive } }]);
});
