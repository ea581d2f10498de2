import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { batchOf, destinationAt, manyIds, noSignal } from './test-context.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('victorialogs', {});
});
afterAll(() => server?.stop());

async function at(config: object = {}) {
  const { destination } = await destinationAt(`${server.url}/insert/opentelemetry/v1/logs`, config);
  onTestFinished(() => destination.close?.());
  return destination;
}

async function search(query: string): Promise<string> {
  const url = `${server.url}/select/logsql/query?limit=1000&query=${encodeURIComponent(query)}`;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(url, (response) => resolve(text(response)))
    .on('error', reject)
    .end();
  return promise;
}

it('delivers every event to a server that shares no code with the collector', async () => {
  const destination = await at();
  const ids = manyIds(100).map((id) => `victoria-${id}`);
  expect(await destination.deliver(batchOf(ids), noSignal)).toEqual({
    items: ids.map((_, index) => ({ index, verdict: 'delivered' })),
  });
  const found = async () => {
    const rows = await search('"log.record.uid":victoria*');
    return ids.filter((id) => rows.includes(`"${id}"`)).length;
  };
  await expect.poll(found, { timeout: 20_000 }).toBe(100);
  expect(JSON.parse(await search('"log.record.uid":="victoria-id-7"'))).toMatchObject({
    _time: '2021-11-08T02:06:27.553Z',
    _msg: 'Logged in',
    'service.name': 'extremecloud-iq',
    'event.dataset': 'extreme_xiq.audit',
  });
});

it('check() succeeds', async () => {
  expect(await (await at()).check?.(noSignal)).toMatchObject({ ok: true });
});

it('reports no event as delivered if the server rejects OTLP as JSON', async () => {
  const report = await (await at({ protocol: 'http/json' })).deliver(batchOf(['as-json']), noSignal);
  expect(report).not.toMatchObject({ items: [{ verdict: 'delivered' }] });
  expect(JSON.stringify(report)).toMatch(/json/i);
});
