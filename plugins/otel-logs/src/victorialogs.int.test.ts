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

it('L8: OTLP as JSON, which the server refuses with 400, is misconfigured and names `protocol`', async () => {
  const destination = await at({ protocol: 'http/json' });
  const message = expect.stringMatching(/HTTP 400: json encoding isn't supported.*\(set the other `protocol`\)/);
  const report = { batch: 'misconfigured', code: 'unsupported_media_type', message };
  expect(await destination.deliver(batchOf(manyIds(50)), noSignal)).toEqual(report);
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message });
});

it.each(['/v1/logs', '/', '/insert/opentelemetry'])(
  'L8: the wrong path %s, refused with 400, is misconfigured',
  async (path) => {
    const { destination } = await destinationAt(`${server.url}${path}`);
    onTestFinished(() => destination.close?.());
    const message = expect.stringMatching(/HTTP 400: unsupported path requested.*\(check the path of `url`/);
    const report = { batch: 'misconfigured', code: 'not_found', message };
    expect(await destination.deliver(batchOf(manyIds(50)), noSignal)).toEqual(report);
    expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message });
  },
);

it('L3: a path that returns 200 and text delivers nothing', async () => {
  const { destination } = await destinationAt(`${server.url}/health`);
  onTestFinished(() => destination.close?.());
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({
    items: [{ verdict: 'unknown', code: 'unexpected_response' }],
  });
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false });
});
