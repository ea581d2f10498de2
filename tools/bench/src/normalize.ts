// Measures the normalization of bodies to JSON documents on one thread: `node tools/bench/src/normalize.ts`.
import type { StoredBody } from '@xiq-siem/core';
import { xiqSource } from '@xiq-siem/xiq';

const ignore = (): void => undefined;
const source = xiqSource.create(xiqSource.configSchema.parse({}), {
  name: 'xiq',
  agent: { id: '6f0c8c1e-0000-4000-8000-000000000000', name: 'bench', version: '0.1.0' },
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  meter: { add: ignore },
});

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

for (const [name, { messageType, value, events }] of Object.entries(bodies)) {
  const body: StoredBody = {
    sequence: 1,
    receipt: 'r1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    metadata: { source: 'xiq', origin: 'webhook', messageType, receivedAtMs },
    bytes: Buffer.from(JSON.stringify(value)),
  };
  let characters = 0;
  const run = (bodiesToDo: number): number => {
    const start = performance.now();
    for (let count = 0; count < bodiesToDo; count++) {
      for (const event of source.normalize(body, receivedAtMs + 5)) characters += JSON.stringify(event.document).length;
    }
    return performance.now() - start;
  };
  const bodiesToDo = 50_000 / events;
  run(bodiesToDo);
  const best = Math.min(...Array.from({ length: 5 }, () => run(bodiesToDo)));
  const perSecond = Math.round((bodiesToDo * events) / (best / 1000));
  const perDocument = Math.round(characters / (6 * bodiesToDo * events));
  console.log(
    `${name}: ${perSecond.toLocaleString('en')} events/s, ${((best * 1000) / (bodiesToDo * events)).toFixed(2)} us an event, ${perDocument} characters a document`,
  );
}
