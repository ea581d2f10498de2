import { afterAll, beforeAll, expect, it } from 'vitest';
import { leftoversAfterStop } from '../leftovers.ts';
import { sendRequest } from '../send-request.ts';
import { startServer } from '../servers.ts';
import type { RunningServer } from '../start-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('victorialogs', {});
});
afterAll(() => server?.stop());

const event = { time: 1_767_225_600, host: 'a-vhm', event: { message: 'an access point was added', id: 'a1' } };
const search = () => sendRequest(`${server.url}/select/logsql/query?query=${encodeURIComponent('event.id:a1')}`);

it('finds events sent to its HEC endpoint by search', async () => {
  const sent = await sendRequest(`${server.url}/services/collector/event`, { body: event });
  expect(sent.status).toBe(200);
  expect(JSON.parse(sent.text)).toEqual({ text: 'Success', code: 0 });
  await expect.poll(async () => (await search()).text, { timeout: 15_000 }).toContain('"a1"');
  expect(JSON.parse((await search()).text)).toMatchObject({
    _time: '2026-01-01T00:00:00Z',
    host: 'a-vhm',
    'event.id': 'a1',
  });
});

it('leaves no process and no data after a stop', async () => {
  expect(await leftoversAfterStop(server)).toEqual([]);
});
