import { afterAll, beforeAll, expect, it } from 'vitest';
import { leftoversAfterStop } from '../leftovers.ts';
import { sendRequest } from '../send-request.ts';
import { startServer } from '../servers.ts';
import type { RunningServer } from '../start-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch', { settings: { 'action.auto_create_index': 'seen-*' } });
});
afterAll(() => server?.stop());

const document = { '@timestamp': '2026-01-01T00:00:00Z', message: 'an access point was added' };

it('finds indexed documents by search', async () => {
  const indexed = await sendRequest(`${server.url}/seen-1/_create/a?refresh=true`, { body: document });
  expect(indexed.status).toBe(201);
  const found = await sendRequest(`${server.url}/seen-1/_search`, { body: { query: { match: { message: 'point' } } } });
  expect(JSON.parse(found.text)).toMatchObject({
    hits: { total: { value: 1 }, hits: [{ _id: 'a', _source: document }] },
  });
});

it('uses the settings of the caller', async () => {
  const refused = await sendRequest(`${server.url}/unseen/_create/a`, { body: document });
  expect(refused).toMatchObject({ status: 404, text: expect.stringContaining('auto_create_index') });
});

it.each([{ 'index.mode': 'logsdb' }, { 'index.codec': 'best_compression' }])(
  'has the native codec: %j',
  async (settings) => {
    const [mode = ''] = Object.values(settings);
    const mappings = { properties: { '@timestamp': { type: 'date' }, message: { type: 'match_only_text' } } };
    const made = await sendRequest(`${server.url}/seen-${mode}`, { method: 'PUT', body: { settings, mappings } });
    expect(made).toMatchObject({ status: 200 });
    expect((await sendRequest(`${server.url}/seen-${mode}/_doc?refresh=true`, { body: document })).status).toBe(201);
    expect(
      (await sendRequest(`${server.url}/seen-${mode}/_forcemerge?max_num_segments=1`, { method: 'POST' })).status,
    ).toBe(200);
    const found = await sendRequest(`${server.url}/seen-${mode}/_search?q=message:point`);
    expect(JSON.parse(found.text)).toMatchObject({ hits: { total: { value: 1 } } });
  },
);

it('keeps acknowledged documents through a kill and a restart, at the same address', async () => {
  expect((await sendRequest(`${server.url}/seen-2/_create/b`, { body: document })).status).toBe(201);
  await server.kill();
  await expect(sendRequest(server.url)).rejects.toThrow('ECONNREFUSED');
  await server.restart();
  await expect
    .poll(() => sendRequest(`${server.url}/seen-2/_doc/b`), { timeout: 20_000 })
    .toMatchObject({ status: 200 });
});

it('runs beside another one, which is empty', async () => {
  const other = await startServer('elasticsearch', {});
  const indices = await sendRequest(`${other.url}/_cat/indices?h=index`);
  expect(await leftoversAfterStop(other)).toEqual([]);
  expect(indices).toEqual({ status: 200, text: '' });
});

it('leaves no process and no data after a stop', async () => {
  expect(await leftoversAfterStop(server)).toEqual([]);
  expect(await server.logs()).toContain('started');
});
