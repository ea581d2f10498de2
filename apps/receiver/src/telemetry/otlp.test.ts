import { Agent } from 'node:http';
import { Secret } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import { receiverMetrics } from '../http/webhooks.ts';
import { statusGauges } from './status-readings.ts';
import { otlpServer } from './test-otlp.ts';
import { resource, telemetryToTest } from './test-telemetry.ts';

const token = 'Bearer a-token-that-never-shows';

async function sending({ gauges }: Pick<Parameters<typeof telemetryToTest>[0] & object, 'gauges'> = {}) {
  const server = await otlpServer();
  const secrets = { current: [new Secret(token)] };
  const otlp = {
    url: server.url,
    headers: { Authorization: { current: () => secrets.current } },
    intervalSeconds: 3_600,
    agent: new Agent({ keepAlive: true }),
    timeoutMs: 1_000,
  };
  const started = telemetryToTest({ otlp, ...(gauges === undefined ? {} : { gauges }) });
  onTestFinished(async () => {
    await started.telemetry.stop(0);
    await server.stop();
  });
  // Loads the SDK, so that a stop sends at once.
  await started.telemetry.prometheus();
  return { ...started, server, secrets, agent: otlp.agent };
}

const exportsIn = (counters: { snapshot(): Readonly<Record<string, number>> }) =>
  Object.entries(counters.snapshot()).filter(([name]) => name.startsWith('xiq_siem.telemetry.exports'));

it('an export has the same metrics as /metrics, with help, unit and resource', async () => {
  const hostile = 'a "quoted"\nname\\';
  const { telemetry, counters, server } = await sending({
    gauges: () => [{ name: 'xiq_siem.journal.bytes', value: 12.5 }],
  });
  counters.add('xiq_siem.receiver.requests', 4, { source: hostile, status: '202' });
  await telemetry.stop();

  expect(server.requests).toHaveLength(1);
  const [request] = server.requests;
  expect(request?.path).toBe('/v1/metrics');
  expect(request?.headers).toMatchObject({ authorization: token, 'content-type': 'application/x-protobuf' });
  const lastsMs = expect.any(Number);
  const requests = receiverMetrics['xiq_siem.receiver.requests'];
  const bytes = statusGauges['xiq_siem.journal.bytes'];
  expect(request?.content).toEqual({
    resource: {
      'service.name': resource.name,
      'service.version': resource.version,
      'service.instance.id': resource.instanceId,
    },
    metrics: [
      {
        name: 'xiq_siem.receiver.requests',
        ...{ description: requests.help, unit: requests.unit, kind: 'sum', temporality: 2, monotonic: true },
        points: [{ attributes: { source: hostile, status: '202' }, value: 4, lastsMs }],
      },
      {
        name: 'xiq_siem.journal.bytes',
        ...{ description: bytes.help, unit: bytes.unit, kind: 'gauge' },
        points: [{ attributes: {}, value: 12.5, lastsMs }],
      },
    ],
  });
  expect(request?.content.metrics[0]?.points[0]?.lastsMs).toBeGreaterThanOrEqual(0);
  expect(exportsIn(counters)).toEqual([['xiq_siem.telemetry.exports{result=ok}', 1]]);
});

it('a header has the current value of its secret; one without a value is left out', async () => {
  const { telemetry, counters, server, secrets } = await sending();
  counters.add('xiq_siem.journal.syncs', 1);
  secrets.current = [];
  await telemetry.stop();
  expect(server.requests[0]?.headers.authorization).toBeUndefined();
});

it.each([
  [401, 'http_401', 'check telemetry.otlp.headers'],
  [407, 'http_407', 'check egress.proxy and its credentials'],
  [404, 'http_404', 'check the path of telemetry.otlp.url: usually it is /v1/metrics'],
  [500, 'http_500', 'no action: the next interval sends current values'],
])('a response %i is counted and logged, and no secret is', async (status, code, advice) => {
  const { telemetry, counters, server, lines } = await sending();
  counters.add('xiq_siem.journal.syncs', 1);
  server.response.status = status;
  await telemetry.stop();
  expect(server.requests).toHaveLength(1);
  expect(exportsIn(counters)).toEqual([[`xiq_siem.telemetry.exports{result=${code}}`, 1]]);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', event: 'telemetry.export_failed', code, url: server.url.href, advice },
  ]);
  expect(lines.join('')).not.toContain('a-token');
});

it('an unreachable server is logged with its code', async () => {
  const { telemetry, counters, server, lines } = await sending();
  counters.add('xiq_siem.journal.syncs', 1);
  await server.stop();
  await telemetry.stop(5_000);
  const [line = '{}'] = lines;
  expect(JSON.parse(line)).toMatchObject({ event: 'telemetry.export_failed', code: 'ECONNREFUSED' });
});

it('a busy server gets retries within the timeout of one export only', async () => {
  const { telemetry, counters, server } = await sending();
  counters.add('xiq_siem.journal.syncs', 1);
  server.response.status = 503;
  await telemetry.stop(5_000);
  expect(server.requests.length).toBeLessThanOrEqual(2);
  expect(exportsIn(counters)).toEqual([['xiq_siem.telemetry.exports{result=busy}', 1]]);
});

it('a server that never responds does not delay a stop', async () => {
  const { telemetry, counters, server, agent } = await sending();
  counters.add('xiq_siem.journal.syncs', 1);
  server.response.status = 0;
  const before = performance.now();
  await telemetry.stop(50);
  expect(performance.now() - before).toBeLessThan(1_000);
  await expect.poll(() => Object.keys(agent.sockets)).toEqual([]);
});

it('a secret that is not a valid header value prevents the export and is not logged', async () => {
  const { telemetry, counters, server, secrets, lines } = await sending();
  counters.add('xiq_siem.journal.syncs', 1);
  secrets.current = [new Secret('a-token\nwith a line end')];
  await telemetry.stop();
  expect(server.requests).toEqual([]);
  expect(lines).toHaveLength(1);
  expect(lines.join('')).toContain('telemetry.export_failed');
  expect(lines.join('')).not.toContain('a-token');
});
