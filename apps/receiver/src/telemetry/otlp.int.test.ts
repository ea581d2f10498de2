import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { telemetryToTest } from './test-telemetry.ts';

const config = `
receivers:
  otlp:
    protocols:
      http:
        endpoint: \${env:OTLP_ENDPOINT}
exporters:
  file:
    path: \${env:OTLP_FILE}
    flush_interval: 100ms
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    metrics:
      receivers: [otlp]
      exporters: [file]
    logs:
      receivers: [otlp]
      exporters: [file]
`;

let collector: RunningServer;
beforeAll(async () => {
  collector = await startServer('otelcol', { config });
});
afterAll(() => collector?.stop());

const line = z.object({
  resourceMetrics: z.array(
    z.object({ scopeMetrics: z.array(z.object({ metrics: z.array(z.looseObject({ name: z.string() })) })) }),
  ),
});

async function metricsIn(file: string) {
  // The last line may be incomplete.
  const written = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  return written
    .flatMap((text) => line.parse(JSON.parse(text)).resourceMetrics)
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics);
}

it('a real collector accepts each export and reads the right values', async () => {
  const { telemetry, counters, lines } = telemetryToTest({
    gauges: () => [{ name: 'xiq_siem.destination.lag_bodies', value: 3, attributes: { destination: 'a "b"\n' } }],
    otlp: {
      url: new URL(`${collector.url}/v1/metrics`),
      headers: {},
      intervalSeconds: 1,
      agent: new Agent({ keepAlive: true }),
    },
  });
  onTestFinished(() => telemetry.stop());
  counters.add('xiq_siem.receiver.requests', 5, { source: 'xiq', status: '202' });

  const sent = () => metricsIn(collector.outputFile ?? '');
  const sends = async () => (await sent()).filter(({ name }) => name === 'xiq_siem.receiver.requests').length;
  await expect.poll(sends, { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
  expect(await sent()).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({
        name: 'xiq_siem.receiver.requests',
        unit: '{request}',
        sum: expect.objectContaining({
          aggregationTemporality: 2,
          isMonotonic: true,
          dataPoints: [
            expect.objectContaining({
              asDouble: 5,
              attributes: [
                { key: 'source', value: { stringValue: 'xiq' } },
                { key: 'status', value: { stringValue: '202' } },
              ],
            }),
          ],
        }),
      }),
      expect.objectContaining({
        name: 'xiq_siem.destination.lag_bodies',
        gauge: {
          dataPoints: [
            expect.objectContaining({
              asDouble: 3,
              attributes: [{ key: 'destination', value: { stringValue: 'a "b"\n' } }],
            }),
          ],
        },
      }),
    ]),
  );
  expect(lines).toEqual([]);
});
