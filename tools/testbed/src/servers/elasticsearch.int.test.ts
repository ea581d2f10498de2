import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../ask.ts';
import { startServer } from '../servers.ts';
import type { RunningServer } from '../start-server.ts';
import { leftAfterStop } from '../what-is-left.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch', { settings: { 'action.auto_create_index': 'seen-*' } });
});
afterAll(() => server?.stop());

const document = { '@timestamp': '2026-01-01T00:00:00Z', message: 'an access point was added' };

it('finds by search what was indexed', async () => {
  const indexed = await ask(`${server.url}/seen-1/_create/a?refresh=true`, { body: document });
  expect(indexed.status).toBe(201);
  const found = await ask(`${server.url}/seen-1/_search`, { body: { query: { match: { message: 'point' } } } });
  expect(JSON.parse(found.text)).toMatchObject({
    hits: { total: { value: 1 }, hits: [{ _id: 'a', _source: document }] },
  });
});

it('takes its settings from the caller', async () => {
  const refused = await ask(`${server.url}/unseen/_create/a`, { body: document });
  expect(refused).toMatchObject({ status: 404, text: expect.stringContaining('auto_create_index') });
});

it.each([{ 'index.mode': 'logsdb' }, { 'index.codec': 'best_compression' }])(
  'has the native codec: %j',
  async (settings) => {
    const [mode = ''] = Object.values(settings);
    const mappings = { properties: { '@timestamp': { type: 'date' }, message: { type: 'match_only_text' } } };
    const made = await ask(`${server.url}/seen-${mode}`, { method: 'PUT', body: { settings, mappings } });
    expect(made).toMatchObject({ status: 200 });
    expect((await ask(`${server.url}/seen-${mode}/_doc?refresh=true`, { body: document })).status).toBe(201);
    expect((await ask(`${server.url}/seen-${mode}/_forcemerge?max_num_segments=1`, { method: 'POST' })).status).toBe(
      200,
    );
    const found = await ask(`${server.url}/seen-${mode}/_search?q=message:point`);
    expect(JSON.parse(found.text)).toMatchObject({ hits: { total: { value: 1 } } });
  },
);

it('keeps what it answered for through a kill and a restart, at the same address', async () => {
  expect((await ask(`${server.url}/seen-2/_create/b`, { body: document })).status).toBe(201);
  await server.kill();
  await expect(ask(server.url)).rejects.toThrow('ECONNREFUSED');
  await server.restart();
  await expect.poll(() => ask(`${server.url}/seen-2/_doc/b`), { timeout: 20_000 }).toMatchObject({ status: 200 });
});

it('runs beside another one, which is empty', async () => {
  const other = await startServer('elasticsearch', {});
  const indices = await ask(`${other.url}/_cat/indices?h=index`);
  expect(await leftAfterStop(other)).toEqual([]);
  expect(indices).toEqual({ status: 200, text: '' });
});

it('leaves no process and no data when it is stopped', async () => {
  expect(await leftAfterStop(server)).toEqual([]);
  expect(await server.logs()).toContain('started');
});
