// Measures the CPU of normalization to JSON documents: `node tools/bench/src/normalize.ts [another checkout]`.
import { join, resolve } from 'node:path';
import type { Source, StoredBody } from '@xiq-siem/core';
import { xiqSource } from '@xiq-siem/xiq';

const ignore = (): void => undefined;
const sourceOf = (definition: typeof xiqSource): Source =>
  definition.create(definition.configSchema.parse({}), {
    name: 'xiq',
    agent: { id: '6f0c8c1e-0000-4000-8000-000000000000', name: 'bench', version: '0.1.0' },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    meter: { add: ignore },
  });

const sources = [sourceOf(xiqSource)];
const [otherCheckout] = process.argv.slice(2);
if (otherCheckout !== undefined) {
  const other: { readonly xiqSource: typeof xiqSource } = await import(
    join(resolve(otherCheckout), 'packages/xiq/src/index.ts')
  );
  sources.push(sourceOf(other.xiqSource));
}

const receivedAtMs = Date.UTC(2026, 0, 1);

const audit = (number: number): object => ({
  ownerId: 1091,
  orgId: 0,
  timeStamp: receivedAtMs - number,
  id: null,
  userId: 6553 + (number % 50),
  code: 10001,
  category: 1,
  description: 'Logged in with privileges of admin group Administrator',
  userName: `user${number % 50}@example.com`,
  vhmName: 'EXAMPLE-VHM',
  orgName: null,
  deviceCount: null,
  hostNames: null,
  config: null,
  deviceIds: null,
});

const observation = (number: number): object => ({
  clientMac: number.toString(16).padStart(12, '0'),
  ipv4: `192.0.2.${number % 250}`,
  ipv6: null,
  seenTime: '2025-12-31T23:59:59.000+0000',
  seenEpoch: receivedAtMs - 1000,
  ssid: 'Corp',
  rssi: -50,
  manufacturer: 'Example',
  os: 'ios',
  lat: 45.1,
  lng: 12.25,
  unc: 5,
  x: 0,
  y: 0,
});

const many = (make: (number: number) => object): object[] => Array.from({ length: 100 }, (_, number) => make(number));

const bodies = {
  'audit, 100 a body': { messageType: 'AUDIT_LOG_ALL', value: many(audit), events: 100 },
  'audit, 1 a body': { messageType: 'AUDIT_LOG_ALL', value: audit(1), events: 1 },
  'location, 100 a body': {
    messageType: 'LOCATION_AP_CENTRIC',
    value: { ownerId: '1091', apMac: 'c413e2aabb00', observations: many(observation) },
    events: 100,
  },
};

const rounds = 25;
const eventsInRound = 20_000;
const median = (values: readonly number[]): number =>
  values.toSorted((first, second) => first - second)[Math.floor(values.length / 2)] ?? Number.NaN;

let sequence = 0;
for (const [name, { messageType, value, events }] of Object.entries(bodies)) {
  const bytes = Buffer.from(JSON.stringify(value));
  let characters = 0;
  /** Returns microseconds of CPU for an event. */
  const run = (source: Source): number => {
    const start = process.threadCpuUsage();
    for (let count = 0; count < eventsInRound / events; count++) {
      const body: StoredBody = {
        sequence: ++sequence,
        receipt: 'r1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
        metadata: { source: 'xiq', origin: 'webhook', messageType, receivedAtMs },
        bytes,
      };
      for (const event of source.normalize(body, receivedAtMs + 5)) characters += JSON.stringify(event.document).length;
    }
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / eventsInRound;
  };
  for (const source of sources) run(source);
  const costs = Array.from({ length: rounds }, () => sources.map(run));
  const [own, other] = sources.map((_, index) => median(costs.map((cost) => cost[index] ?? Number.NaN)).toFixed(1));
  const ratio = median(costs.map(([mine = Number.NaN, theirs = Number.NaN]) => mine / theirs)).toFixed(2);
  const compared = other === undefined ? '' : `, ${other} us of the other: ratio ${ratio}`;
  const perDocument = Math.round(characters / (sources.length * (rounds + 1) * eventsInRound));
  console.log(`${name}: ${own} us of CPU for an event of ${perDocument} characters${compared}`);
}
