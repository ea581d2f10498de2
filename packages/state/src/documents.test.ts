import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openSharedDocuments } from './open-shared-documents.ts';
import { newStateDirectory, openTestState } from './test-state.ts';

test('returns the last document of a name after a restart', async () => {
  const directory = await newStateDirectory();
  const state = await openTestState(directory);
  await state.documents.put('a', { number: 1 });
  await state.documents.put('a', { number: 2, text: "it's \u0000 \u{1f600}" });
  await state.close();
  const { documents } = await openTestState(directory);
  expect(await documents.get('a', z.unknown())).toEqual({ number: 2, text: "it's \u0000 \u{1f600}" });
  expect(await documents.get('b', z.unknown())).toBeUndefined();
});

test('a prefix returns all names with it, in order, and no others', async () => {
  const { documents } = await openTestState();
  for (const name of ['job/b', 'job/a', 'jobs', 'job-position/a', 'Job/c', 'job/a/\u{10fffd}'])
    await documents.put(name, name);
  expect(await documents.all('job/', z.string())).toEqual(['job/a', 'job/a/\u{10fffd}', 'job/b']);
  await documents.remove('job/a');
  expect(await documents.all('job/', z.string())).toHaveLength(2);
  await documents.removeAll('job/');
  expect(await documents.all('', z.string())).toEqual(['Job/c', 'job-position/a', 'jobs']);
});

test('a damaged or invalid document is logged, and is not returned', async () => {
  const log = createRecordingLogger();
  const { documents, database } = await openTestState(undefined, log);
  await documents.put('sound', 1);
  await documents.put('flipped', { number: 1 });
  await database.write([{ sql: `UPDATE documents SET json = replace(json, '1', '2') WHERE name = 'flipped'` }]);
  expect(await documents.get('flipped', z.unknown())).toBeUndefined();
  expect(await documents.get('sound', z.string())).toBeUndefined();
  expect(await documents.all('', z.unknown())).toEqual([1]);
  expect(log.of('state.document_unreadable').map(({ attributes }) => attributes['document'])).toEqual([
    'flipped',
    'sound',
    'flipped',
  ]);
});

test('a command changes a document, whether a connector runs or not', async () => {
  const directory = await newStateDirectory();
  const state = await openTestState(directory);
  {
    using beside = openSharedDocuments(directory, createRecordingLogger());
    await beside.put('rotation/xiq', 1);
    expect(await state.documents.get('rotation/xiq', z.int())).toBe(1);
    await state.documents.put('rotation/xiq', 2);
    expect(await beside.get('rotation/xiq', z.int())).toBe(2);
  }
  await state.close();
  {
    using alone = openSharedDocuments(directory, createRecordingLogger());
    await alone.remove('rotation/xiq');
  }
  expect(await (await openTestState(directory)).documents.all('', z.unknown())).toEqual([]);
  expect(() => openSharedDocuments(`${directory}/none`, createRecordingLogger())).toThrow(/start the connector once/);
});
