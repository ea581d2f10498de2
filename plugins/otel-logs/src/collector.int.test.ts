import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { auditDocument, batchOf, batchOfDocuments, destinationAt, manyIds, noSignal } from './test-context.ts';
import { portOf } from './test-server.ts';

let collector: RunningServer;
beforeAll(async () => {
  collector = await startServer('otelcol', {});
});
afterAll(() => collector?.stop());

async function at(server: RunningServer, config: object = {}) {
  const { destination } = await destinationAt(`${server.url}/v1/logs`, config);
  onTestFinished(() => destination.close?.());
  return destination;
}

/** Whole lines of the collector's output file. They contain raw U+2028, so only \n separates them. */
async function lines(): Promise<readonly string[]> {
  return (await readFile(collector.outputFile ?? '', 'utf8').catch(() => '')).split('\n').slice(0, -1);
}

describe.each(['http/protobuf', 'http/json'])('%s', (protocol) => {
  it.each([true, false])('delivers every event, gzip %s', async (gzip) => {
    const destination = await at(collector, { protocol, gzip });
    const ids = manyIds(500).map((id) => `${protocol}-${gzip}-${id}`);
    expect(await destination.deliver(batchOf(ids, 'a "quote", ümläut, \u2028, half a pair \ud83d'), noSignal)).toEqual({
      items: ids.map((_, index) => ({ index, verdict: 'delivered' })),
    });
    const found = async () => {
      const written = (await lines()).join('\n');
      return ids.filter((id) => written.includes(`"${id}"`)).length;
    };
    await expect.poll(found, { timeout: 15_000 }).toBe(500);
  });

  it('the collector decodes the record as expected', async () => {
    const destination = await at(collector, { protocol });
    const id = `${protocol}-golden`;
    const document = {
      ...auditDocument,
      client: { mac: 'DC-A6-32-00-00-01', geo: { location: { lat: 52, lon: -13.4 } } },
    };
    const item = batchOfDocuments([document]).items.map((one) => ({ ...one, id }));
    await destination.deliver({ items: item }, noSignal);
    const line = async () => (await lines()).find((text) => text.includes(`"${id}"`)) ?? '{}';
    await expect.poll(line, { timeout: 15_000 }).not.toBe('{}');
    const attributes = expect.arrayContaining([
      { key: 'event.category', value: { arrayValue: { values: [{ stringValue: 'authentication' }] } } },
      { key: 'event.duration', value: { intValue: '9100000000000000' } },
      { key: 'client.geo.location.lat', value: { doubleValue: 52 } },
      { key: 'client.geo.location.lon', value: { doubleValue: -13.4 } },
      { key: 'client.mac.address', value: { stringValue: 'DC-A6-32-00-00-01' } },
      { key: 'extreme.xiq.audit.category_derived', value: { boolValue: true } },
      { key: 'log.record.uid', value: { stringValue: id } },
    ]);
    expect(JSON.parse(await line())).toMatchObject({
      resourceLogs: [
        {
          resource: {
            attributes: expect.arrayContaining([
              { key: 'service.name', value: { stringValue: 'extremecloud-iq' } },
              { key: 'service.namespace', value: { stringValue: 'EXAMPLE-VHM' } },
            ]),
          },
          scopeLogs: [
            {
              scope: { name: 'xiq-siem-connector', version: '0.1.0' },
              logRecords: [
                {
                  timeUnixNano: '1636337187553000000',
                  observedTimeUnixNano: '1636337188010000000',
                  severityNumber: 9,
                  severityText: 'info',
                  body: { stringValue: 'Logged in 🚀' },
                  eventName: 'extreme.xiq.audit.admin_login',
                  attributes,
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('check() succeeds and sends no event', async () => {
    const before = (await lines()).length;
    expect(await (await at(collector, { protocol })).check?.(noSignal)).toEqual({
      ok: true,
      message: `${collector.url}/v1/logs accepts logs (${protocol})`,
    });
    expect((await lines()).length).toBe(before);
  });

  it('a request of more than 20 MiB is too large', async () => {
    const destination = await at(collector, { protocol, maxRequestBytes: 67_108_864 });
    const report = await destination.deliver(batchOf(manyIds(21), 'x'.repeat(1024 ** 2)), noSignal);
    expect(report).toMatchObject({ batch: 'tooLarge', code: 'too_large' });
  });
});

it.each(['', '/v1/log', '/v1/traces', '/v1/logs/'])('L8: the wrong path %j is misconfigured', async (path) => {
  const { destination } = await destinationAt(`${collector.url}${path}`);
  onTestFinished(() => destination.close?.());
  const message = expect.stringMatching(/HTTP 404: 404 page not found \(check the path of `url`.*\/v1\/logs\)/);
  const report = { batch: 'misconfigured', code: 'not_found', message };
  expect(await destination.deliver(batchOf(manyIds(50)), noSignal)).toEqual(report);
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false, message });
});

it('delivers again after the collector was killed and restarted', async () => {
  const destination = await at(collector);
  await destination.deliver(batchOf(['before-the-end']), noSignal);
  await collector.kill();
  expect(await destination.deliver(batchOf(['during']), noSignal)).toMatchObject({
    batch: 'unavailable',
    code: 'unreachable',
  });
  await collector.restart();
  expect(await destination.deliver(batchOf(['after']), noSignal)).toEqual({
    items: [{ index: 0, verdict: 'delivered' }],
  });
});

const oneInQueue = (url: string) => `
receivers:
  otlp:
    protocols:
      http:
        endpoint: \${env:OTLP_ENDPOINT}
exporters:
  otlp_http:
    endpoint: ${url}
    timeout: 60s
    sending_queue:
      num_consumers: 1
      queue_size: 1
      block_on_overflow: false
      sizer: requests
    retry_on_failure:
      enabled: false
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    logs:
      receivers: [otlp]
      exporters: [otlp_http]
`;

it('a full collector queue is reported as unavailable with the server message; events are delivered when it has space', async () => {
  const pending: (() => void)[] = [];
  const state = { hangs: true };
  const backend = createServer((_, response) => {
    const respond = () => void response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    if (state.hangs) pending.push(respond);
    else respond();
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const full = await startServer('otelcol', { config: oneInQueue(`http://127.0.0.1:${portOf(backend)}`) });
  onTestFinished(async () => {
    backend.closeAllConnections();
    backend.close();
    await full.stop();
  });
  const destination = await at(full);
  const send = async () => destination.deliver(batchOf(['a', 'b']), noSignal);

  await expect.poll(send, { timeout: 15_000 }).toMatchObject({
    batch: 'unavailable',
    code: 'service_unavailable',
    message: expect.stringContaining('queue is full'),
  });
  state.hangs = false;
  for (const response of pending) response();
  await expect
    .poll(send, { timeout: 15_000 })
    .toMatchObject({ items: [{ verdict: 'delivered' }, { verdict: 'delivered' }] });
});
