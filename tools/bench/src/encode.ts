// Measures what a destination costs on the main thread, from documents to a sent request: `node tools/bench/src/encode.ts`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Batch, DestinationDefinition } from '@xiq-siem/core';
import { ecsFieldDefinitions, Secret } from '@xiq-siem/core';
import { otelLogsDestination } from '@xiq-siem/otel-logs';
import { splunkHecDestination } from '@xiq-siem/splunk-hec';
import { createRecordingLogger, createRecordingMeter, destinationContext } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { z } from 'zod';

const [rounds = 7, repeats = 20] = process.argv.slice(2).map(Number);
const log = createRecordingLogger();
const meter = createRecordingMeter();
const receivedAtMs = Date.UTC(2026, 0, 1);
const agent = { id: '6f0c8c1e-0000-4000-8000-000000000000', name: 'bench', version: '0.1.0' };
const source = xiqSource.create(xiqSource.configSchema.parse({}), { name: 'xiq', agent, log, meter });

const session = (number: number): object => ({
  vhmId: 1091,
  timeStamp: receivedAtMs - number,
  userName: `user${number % 50}@example.com`,
  callingStationId: 'DC-A6-32-00-00-01',
  calledStationId: 'C4-13-E2-AA-BB-00:Corp',
  nasIdentifier: `AP-${number % 20}`,
  nasPortType: 'Wireless-802.11',
  acctSessionId: `session-${number}`,
  framedIpAddress: '192.0.2.7',
  acctStartTime: receivedAtMs - 60_000,
  acctStopTime: receivedAtMs,
  acctSessionTime: 60,
  acctInputOctets: 1000 + number,
  acctOutputOctets: 2000,
  acctTerminateCause: 'User-Request',
});
const observations = Array.from({ length: 500 }, (_, number) => ({
  clientMac: number.toString(16).padStart(12, '0'),
  ipv4: `192.0.2.${number % 250}`,
  seenEpoch: receivedAtMs - 1000,
  ssid: 'Corp',
  rssi: -50 - (number % 2) / 2,
  lat: 45.1,
  lng: 12.25,
}));
const bodies = {
  accounting: { messageType: 'ACCOUNTING_LOG_ALL', value: Array.from({ length: 500 }, (_, number) => session(number)) },
  location: { messageType: 'LOCATION_AP_CENTRIC', value: { ownerId: '1091', apMac: 'c413e2aabb00', observations } },
};

function batchOf({ messageType, value }: (typeof bodies)[keyof typeof bodies]): Batch {
  const body = {
    sequence: 1,
    receipt: 'r1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    metadata: { source: 'xiq', origin: 'webhook', messageType, receivedAtMs },
    bytes: Buffer.from(JSON.stringify(value)),
  } as const;
  const items = [...source.normalize(body, receivedAtMs)].map((event, index) => {
    const json = JSON.stringify(event.document);
    return { ...event, index, json, document: JSON.parse(json) };
  });
  return { items };
}

const server = spawn(process.execPath, [new URL('./hec-server.ts', import.meta.url).pathname, '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await once(server.stdout, 'data');
const { port } = z.object({ port: z.int() }).parse(JSON.parse(String(line)));
const context = {
  ...destinationContext({ log, meter, secrets: { BENCH_TOKEN: new Secret('bench-token') } }),
  fields: [...ecsFieldDefinitions, ...xiqSource.fields],
};

async function measure(definition: DestinationDefinition, config: object, batch: Batch): Promise<string> {
  const destination = await definition.create(definition.configSchema.parse(config), context);
  const signal = new AbortController().signal;
  const run = async (): Promise<number> => {
    const start = process.threadCpuUsage();
    for (let count = 0; count < repeats; count++) {
      const report = await destination.deliver(batch, signal);
      if (!('items' in report)) throw new Error(JSON.stringify(report));
    }
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / (repeats * batch.items.length);
  };
  await run();
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) costs.push(await run());
  await destination.close?.();
  return (costs.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0).toFixed(2);
}

const otelUrl = `http://127.0.0.1:${port}/v1/logs`;
for (const [name, body] of Object.entries(bodies)) {
  const batch = batchOf(body);
  const token = { env: 'BENCH_TOKEN' };
  const figures = {
    'OTLP protobuf': await measure(otelLogsDestination, { url: otelUrl, gzip: false }, batch),
    'OTLP JSON': await measure(otelLogsDestination, { url: otelUrl, gzip: false, protocol: 'http/json' }, batch),
    Splunk: await measure(splunkHecDestination, { url: `http://127.0.0.1:${port}`, gzip: false, token }, batch),
  };
  const text = Object.entries(figures).map(([destination, us]) => `${destination} ${us}`);
  console.log(`${name}: ${text.join(', ')} (us of CPU an event, median of ${rounds})`);
}
server.kill();
