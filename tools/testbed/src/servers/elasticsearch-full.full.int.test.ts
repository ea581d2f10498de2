import { afterAll, beforeAll, expect, it } from 'vitest';
import { leftoversAfterStop } from '../leftovers.ts';
import { sendRequest } from '../send-request.ts';
import { startServer } from '../servers.ts';
import type { RunningServer } from '../start-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch-full', {});
});
afterAll(() => server?.stop());

const admin = () => ({ caFile: server.caFile, ...(server.credentials && { login: server.credentials.admin }) });

it('runs documents through an ingest pipeline and finds them by search', async () => {
  const pipeline = { processors: [{ set: { field: 'event.ingested', value: '{{_ingest.timestamp}}' } }] };
  const put = await sendRequest(`${server.url}/_ingest/pipeline/stamp`, { ...admin(), method: 'PUT', body: pipeline });
  expect(put.status).toBe(200);
  const body = { message: 'an access point was added' };
  const indexed = await sendRequest(`${server.url}/seen/_create/a?pipeline=stamp&refresh=true`, { ...admin(), body });
  expect(indexed.status).toBe(201);
  const found = await sendRequest(`${server.url}/seen/_search?q=message:point`, admin());
  expect(JSON.parse(found.text)).toMatchObject({
    hits: { hits: [{ _source: { ...body, event: { ingested: expect.any(String) } } }] },
  });
});

it('creates an API key', async () => {
  const made = await sendRequest(`${server.url}/_security/api_key`, { ...admin(), body: { name: 'a test' } });
  expect(JSON.parse(made.text)).toMatchObject({ name: 'a test', encoded: expect.any(String) });
});

it('leaves no process and no data after a stop', async () => {
  expect(await leftoversAfterStop(server)).toEqual([]);
});
