// I1: a request of a few kB that takes much memory or time when it is read does not end the connector, also at its next start.
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from './client.ts';
import { startProcess, temporaryDirectory } from './connector-process.ts';
import { laggingDestinations } from './readyz.ts';

const soon = { timeout: 60_000, interval: 100 };
const fields = (count: number): string => Array.from({ length: count }, (_, n) => `"k${n}":1`).join();
const heavy = [
  `[{"a":[${'{},'.repeat(2_699_999)}{}]}]`,
  `[{${fields(500_000)}}]`,
  `[${'{"a":'.repeat(60)}1${'}'.repeat(60)}${',[[[[]]]]'.repeat(9_999)}]`,
  `{"observations":[${'{},'.repeat(99_999)}{}],"junk":[${'{},'.repeat(400_000)}1]}`,
];

const path = '/webhooks/xiq/AUDIT_LOG_ALL';

test('I1: heavy bodies do not end a connector with little memory, and honest senders are served', async () => {
  const work = await temporaryDirectory('healthEvents: { enabled: false }');
  onTestFinished(() => work.remove());
  const environment = { NODE_OPTIONS: '--max-old-space-size=200' };
  const connector = await startProcess(work, [], environment);
  const client = createClient(connector.url, work.secret);
  onTestFinished(() => client.close());
  const honest = JSON.stringify([{ id: 1, timestamp: 1_790_000_000_000, description: 'honest' }]);
  for (const body of heavy) {
    const compressed = await client.post(path, gzipSync(body), { 'content-encoding': 'gzip' });
    expect(compressed).toMatchObject({ status: 202 });
    expect(await client.post(path, honest)).toMatchObject({ status: 202 });
  }
  // Killed while it delivers. The next start reads the bodies again.
  await connector.end('SIGKILL');
  const again = await startProcess(work, [], environment);
  await expect.poll(() => laggingDestinations(again), soon).toEqual([]);
  const documents = await work.documents();
  const codes = new Set(documents.map(({ error }) => Object(error).code));
  const faults = ['too_many_values', 'too_many_fields', 'element_not_object', 'element_too_many_values'];
  expect(codes).toEqual(new Set([undefined, ...faults]));
  const honestOnes = documents.filter(({ event }) => event.original.includes('honest'));
  expect(new Set(honestOnes.map(({ extreme }) => extreme.xiq.receipt)).size).toBe(heavy.length);
  expect(await again.end('SIGTERM')).toBe(0);
});
