// Repeated kill -9 of the connector under load, with all four types of destination.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AllDestinations, startAllDestinations } from './all-destinations.ts';
import { type Arrival, inCollector } from './arrivals.ts';
import { type RunningConnector, startProcess } from './connector-process.ts';
import { copiesBy, differences, onceEach } from './copies.ts';
import { laggingDestinations, readyz, unaccounted } from './readyz.ts';
import { readReceipts, startSimulator } from './simulator.ts';

const kills = Number(process.env['XIQ_SIEM_KILLS'] ?? 5);
const pollOptions = { timeout: 60_000, interval: 100 };

let servers: AllDestinations;
let connector: RunningConnector | undefined;
beforeAll(async () => {
  // Small segments and no retention: segments are created and removed all the time.
  const yaml = 'journal: { segmentBytes: 65536, minFreeBytes: 0, retainForHours: 0 }';
  servers = await startAllDestinations({ yaml, each: { retry: { initialMs: 100, maxMs: 1_000 } } });
}, 300_000);
afterAll(async () => {
  await connector?.end('SIGKILL');
  await servers?.stop();
});

const linesIn = async (file: string): Promise<number> =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').length - 1;

/** Sends until `after` more bodies have a response, and kills the connector during the next one. */
async function loadUntilKilled(seed: number, after: number, receiptsFile: string): Promise<void> {
  connector = await startProcess(servers.fixture);
  const before = await linesIn(receiptsFile);
  const { url } = connector;
  const simulator = startSimulator({ url, secret: servers.fixture.secret, events: 0, seed, receiptsFile });
  await expect.poll(() => linesIn(receiptsFile), { ...pollOptions, interval: 10 }).toBeGreaterThan(before + after);
  expect(await connector.end('SIGKILL')).toBe('SIGKILL');
  simulator.end();
  await simulator.summary;
}

/** Each event of a body once, however often it arrived. */
const eventsByReceipt = (arrivals: readonly Arrival[]) => {
  const distinct = new Map(arrivals.map((arrival) => [`${arrival.receipt} ${arrival.id}`, arrival]));
  return copiesBy([...distinct.values()], 'receipt');
};

it(`after ${kills} kills every receipt's events are in every destination, doubled only under the same id`, {
  timeout: 120_000 + kills * 10_000,
}, async () => {
  const receiptsFile = join(servers.fixture.directory, 'receipts');
  for (let run = 0; run < kills; run += 1) {
    // The moment varies from run to run: start, append, roll-over and delivery are all hit.
    await loadUntilKilled(run, (run * 137) % 700, receiptsFile);
  }
  connector = await startProcess(servers.fixture);
  const last = connector;
  await expect.poll(() => laggingDestinations(last), pollOptions).toEqual([]);
  for (const { name, counters } of (await readyz(last)).destinations) {
    expect({ name, ...counters, unaccounted: unaccounted(counters) }).toMatchObject({
      ...{ name, deadLettered: 0, degraded: 0, damaged: 0, unaccounted: 0 },
    });
  }
  expect(await last.end('SIGTERM')).toBe(0);

  const receipts = await readReceipts(receiptsFile);
  expect(receipts.length).toBeGreaterThan(kills * 100);
  // An event that was delivered again under another id would be one too many for its receipt.
  const wrong = (found: readonly Arrival[]) => {
    const events = eventsByReceipt(found);
    return receipts.filter((blocked) => events.get(blocked.receipt) !== blocked.events).slice(0, 10);
  };
  // The collector writes its file a moment later.
  await expect.poll(async () => wrong(await inCollector(servers.collector)), pollOptions).toEqual([]);
  const arrivals = await servers.arrivals();
  const ids = onceEach(arrivals.archive);
  for (const [name, found] of Object.entries(arrivals)) {
    expect(wrong(found), name).toEqual([]);
    expect(differences(onceEach(found), ids), name).toEqual([]);
  }
  expect(arrivals.elastic).toHaveLength(ids.size);
  const doubled = Object.entries(arrivals).map(([name, found]) => `${name} ${found.length - ids.size}`);
  console.log(
    `${kills} kills: ${receipts.length} receipts, ${ids.size} events, none lost; doubled: ${doubled.join(', ')}`,
  );
});
