import { documentNames } from '@xiq-siem/state';
import { openTestState } from '@xiq-siem/state/test-state';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { openLastAccepting, openPendingSpans } from './pending-spans.ts';

async function opened() {
  const log = createRecordingLogger();
  const { documents } = await openTestState(undefined, log);
  const open = () => openPendingSpans(documents, log);
  return { documents, log, open, pending: await open() };
}

const audit = ['AUDIT_LOG_ALL'];
const span = { source: 'xiq', fromMs: 100, toMs: 200, messageTypes: audit, why: 'down', forceDuplicates: false };

it.each([
  ['within another', { fromMs: 110, toMs: 190 }],
  ['the same', {}],
])('a span that is %s is not added, also while the job of the other one runs', async (_, more) => {
  const { pending } = await opened();
  await pending.add(span);
  const [first] = pending.list();
  if (first === undefined) throw new Error('not added');
  await pending.replace(first, { ...first, job: 'job0' });
  await pending.add({ ...span, ...more });
  expect(pending.list()).toMatchObject([{ ...span, job: 'job0' }]);
});

it.each([
  ['of another source', { source: 'other' }],
  ['that starts earlier', { fromMs: 99, toMs: 150 }],
  ['that ends later', { fromMs: 150, toMs: 201 }],
  ['of another type', { fromMs: 110, messageTypes: ['SMS_LOG_ALL'] }],
  ['of all types', { fromMs: 110, messageTypes: undefined }],
])('a span %s is added', async (_, more) => {
  const { pending } = await opened();
  await pending.add(span);
  await pending.add({ ...span, ...more });
  expect(pending.list()).toHaveLength(2);
});

it('a span that covers others replaces them, and a type with the same span is added to it', async () => {
  const { pending } = await opened();
  await pending.add({ ...span, fromMs: 110 });
  await pending.add(span);
  expect(pending.list()).toHaveLength(1);
  await pending.add({ ...span, messageTypes: ['SMS_LOG_ALL'] });
  expect(pending.list()).toMatchObject([{ fromMs: 100, messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL'] }]);
});

it('a span with a job stays until the job is done, also if another span covers it', async () => {
  const { pending } = await opened();
  await pending.add({ ...span, fromMs: 110 });
  const [started] = pending.list();
  if (started === undefined) throw new Error('not added');
  await pending.replace(started, { ...started, job: 'job0' });
  await pending.add(span);
  expect(pending.list()).toMatchObject([{ fromMs: 110, job: 'job0' }, { fromMs: 100 }]);
});

it('beyond 200 spans a new one is dropped and logged', async () => {
  const { pending, log } = await opened();
  for (let index = 0; index <= 200; index++)
    await pending.add({ ...span, fromMs: index * 1_000, toMs: index * 1_000 + 1 });
  expect(pending.list()).toHaveLength(200);
  expect(log.of('backfill.too_many_spans')).toHaveLength(1);
});

it('spans survive a restart; an invalid document is logged and ignored', async () => {
  const { pending, open, documents, log } = await opened();
  await Promise.all([pending.add(span), pending.add({ ...span, source: 'other' })]);
  expect((await open()).list()).toEqual(pending.list());
  await documents.put(documentNames.pendingSpans, { v: 2 });
  expect((await open()).list()).toEqual([]);
  expect(log.of('state.document_unreadable')).toMatchObject([{ attributes: { document: documentNames.pendingSpans } }]);
});

it('the last time of reception survives a restart; an invalid document is logged and ignored', async () => {
  const { documents, log } = await opened();
  const lastAccepting = await openLastAccepting(documents);
  expect(lastAccepting.lastMs()).toBeUndefined();
  await lastAccepting.set(1_767_225_600_000);
  expect((await openLastAccepting(documents)).lastMs()).toBe(1_767_225_600_000);
  await documents.put(documentNames.alive, -1);
  expect((await openLastAccepting(documents)).lastMs()).toBeUndefined();
  expect(log.of('state.document_unreadable')).toMatchObject([{ attributes: { document: documentNames.alive } }]);
});
