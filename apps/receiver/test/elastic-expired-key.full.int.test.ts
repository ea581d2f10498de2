// An API key that expires while the connector runs: events are kept, and delivered with the next key.
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { audits } from './elastic-events.ts';
import { clean, elasticFixture, healthy } from './elastic-fixture.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch-full', {});
}, 900_000);
afterAll(() => server?.stop());

const pollOptions = { timeout: 45_000, interval: 100 };
const setupRights = {
  cluster: ['monitor', 'manage_index_templates'],
  indices: [{ names: ['logs-extreme_xiq.*-*'], privileges: ['manage', 'view_index_metadata'] }],
};
const writerRights = {
  cluster: ['monitor'],
  indices: [{ names: ['logs-extreme_xiq.*-*'], privileges: ['auto_configure', 'create_doc', 'view_index_metadata'] }],
};

test('an expired API key pauses the destination, and with the next one in its file all events are delivered', async () => {
  const keys = { apiKey: { file: './key' }, caFile: server.caFile };
  const fixture = await elasticFixture(server, { namespace: 'expired', keys });
  onTestFinished(() => fixture.remove());
  const newKey = async (rights: object, more: object = {}) => {
    const wanted = { name: 'xiq-siem', role_descriptors: { only: rights }, ...more };
    await fixture.write('key', `${(await fixture.elastic.request('POST', '/_security/api_key', wanted)).encoded}\n`);
  };
  await newKey(setupRights);
  await fixture.setup();
  const connector = await fixture.start();
  await newKey(writerRights, { expiration: '5s' });
  await connector.post(audits(5), 'AUDIT_LOG_ALL');
  await expect.poll(connector.status, pollOptions).toMatchObject({ ...healthy, counters: { ...clean, delivered: 5 } });

  let posted = 5;
  const tryOne = async () => {
    await connector.post(audits(1, posted++), 'AUDIT_LOG_ALL');
    return connector.status();
  };
  await expect.poll(tryOne, pollOptions).toMatchObject({
    ...{ state: 'paused', reason: 'unauthorized', counters: clean },
    lastMessage: expect.stringContaining('401'),
  });
  await newKey(writerRights);
  await expect
    .poll(connector.status, pollOptions)
    .toMatchObject({ ...healthy, counters: { ...clean, delivered: posted } });
  const ending = await connector.end();
  expect(ending.posted.size).toBe(posted);
  expect(ending.found).toEqual(ending.posted);
  expect(ending.deadLetters).toEqual([]);
}, 120_000);
