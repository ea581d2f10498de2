// Against VictoriaLogs, an independent event collector. It accepts any token and event, and has no acknowledgement.
import { request } from 'node:http';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { createRecordingLogger, createRecordingMeter, destinationContext } from '@xiq-siem/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { splunkHecConfig } from './config.ts';
import { createSplunkHecDestination } from './splunk-hec-destination.ts';
import { batchOf, noSignal, secrets, timeMs } from './test-harness.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('victorialogs', {});
}, 600_000);
afterAll(() => server.stop());

function openDestination(name: string, config: Record<string, unknown> = {}) {
  const telemetry = { log: createRecordingLogger(), meter: createRecordingMeter() };
  const context = destinationContext({ ...telemetry, name, secrets });
  const parsed = splunkHecConfig.parse({ url: server.url, token: { env: 'HEC_TOKEN' }, source: name, ...config });
  const destination = createSplunkHecDestination(parsed, context);
  onTestFinished(async () => destination.close?.());
  return destination;
}

const row = z.object({
  _time: z.string(),
  _msg: z.string(),
  host: z.string(),
  sourcetype: z.string(),
  'event.event.id': z.string(),
});

/** The rows of one destination. */
async function found(name: string) {
  const query = `{source="${name}"}`;
  const url = `${server.url}/select/logsql/query?limit=10000&query=${encodeURIComponent(query)}`;
  const text = await new Promise<string>((resolve, reject) => {
    request(url, async (response) => resolve(Buffer.concat(await response.toArray()).toString()))
      .on('error', reject)
      .end();
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => row.parse(JSON.parse(line)));
}

it.each([true, false])('stores every field of a delivered event (gzip: %s)', async (gzip) => {
  const name = `fields-${gzip}`;
  const message = 'ümläut, "quotes", \\ and a\nline\u2028end } {';
  const batch = batchOf({ id: 'one', fields: { message } }, { id: 'two', dataset: 'extreme_xiq.auth' });
  expect(await openDestination(name, { gzip }).deliver(batch, noSignal)).toEqual({
    items: [0, 1].map((index) => ({ index, verdict: 'delivered' })),
  });
  await vi.waitFor(async () => expect(await found(name)).toHaveLength(2), { timeout: 10_000 });
  const rows = (await found(name)).sort((a, b) => a['event.event.id'].localeCompare(b['event.event.id']));
  expect(rows).toEqual(
    [
      { sourcetype: 'extreme:xiq:audit', id: 'one', _msg: message },
      { sourcetype: 'extreme:xiq:auth', id: 'two', _msg: 'ümläut two' },
    ].map(({ id, ...rest }) => ({
      ...rest,
      'event.event.id': id,
      host: 'xiq-siem-1',
      _time: new Date(timeMs).toISOString(),
    })),
  );
});

it('stores each event of a batch of many requests once', async () => {
  const ids = Array.from({ length: 3_000 }, (_, number) => `many-${number}`);
  const report = await openDestination('many', { maxBodyBytes: 20_000 }).deliver(batchOf(...ids), noSignal);
  expect('items' in report && report.items.every(({ verdict }) => verdict === 'delivered')).toBe(true);
  await vi.waitFor(async () => expect(await found('many')).toHaveLength(3_000), { timeout: 10_000 });
  expect((await found('many')).map((one) => one['event.event.id']).sort()).toEqual([...ids].sort());
});

it('waits while the server is down, and continues after its restart', async () => {
  const destination = openDestination('restart');
  await destination.deliver(batchOf('before'), noSignal);
  await server.kill('SIGTERM');
  expect(await destination.deliver(batchOf('after'), noSignal)).toMatchObject({ batch: 'unavailable' });
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: false });
  await server.restart();
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
  expect(await destination.deliver(batchOf('after'), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  const ids = async () => (await found('restart')).map((one) => one['event.event.id']).sort();
  await vi.waitFor(async () => expect(await ids()).toEqual(['after', 'before']), { timeout: 10_000 });
});

it('L5: with `ack: true`, events count as degraded, and the assurance is accepted', async () => {
  const destination = openDestination('unacknowledged', { ack: true });
  const delivered = { index: 0, verdict: 'delivered', degraded: 'ack_disabled' };
  expect(await destination.deliver(batchOf('one'), noSignal)).toEqual({ items: [delivered] });
  expect(destination.assurance).toBe('accepted');
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: true,
    warning: true,
    message: expect.stringContaining('set `ack: false`'),
  });
});
