// All destinations at once with events of all nine types; then the same bodies again.
import { join } from 'node:path';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AllDestinations, hecToken, startAllDestinations } from './all-destinations.ts';
import { type Arrival, countInElasticsearch, inCollector, inElasticsearch, inVictoriaLogs } from './arrivals.ts';
import { type RunningConnector, startProcess } from './connector-process.ts';
import { copiesBy, differences, onceEach } from './copies.ts';
import { type ProcessUsage, usageOf } from './process-usage.ts';
import { type Counters, laggingDestinations, readyz, unaccounted } from './readyz.ts';
import { readReceipts, type SimulatorSummary, type StoredReceipt, simulate } from './simulator.ts';

const events = Number(process.env['XIQ_SIEM_EVENTS'] ?? 4_000);
const timeout = 60_000 + events * 10;
const notForVictoria = 'extreme_xiq.location';
const datasets = ['location', 'audit', 'gdpr', 'credential', 'accounting', 'auth', 'email', 'sms'];
const destinations = ['archive', 'elastic', 'splunk', 'victoria', 'otel'];
const messageTypes = 9;

let servers: AllDestinations;
let victoria: RunningServer;
let connector: RunningConnector;

beforeAll(async () => {
  victoria = await startServer('victorialogs', {});
  const where = { exceptDatasets: [notForVictoria] };
  servers = await startAllDestinations({
    yaml: 'journal: { minFreeBytes: 0 }\nhealthEvents: { enabled: false }',
    others: { victoria: { type: 'splunk-hec', url: victoria.url, token: hecToken, where } },
  });
  connector = await startProcess(servers.fixture);
}, 300_000);

afterAll(async () => {
  await connector?.end('SIGKILL');
  await Promise.all([servers?.stop(), victoria?.stop()]);
});

interface Run {
  readonly sent: SimulatorSummary;
  readonly receipts: readonly StoredReceipt[];
  /** Milliseconds from the first body until the destination had settled all, polled ten times a second. */
  readonly doneMs: ReadonlyMap<string, number>;
  readonly before: ProcessUsage;
  readonly after: ProcessUsage;
}

/** Sends the bodies of seed 7, and waits until every destination has settled them. */
async function run(name: string): Promise<Run> {
  const receiptsFile = join(servers.fixture.directory, `${name}.receipts`);
  const before = await usageOf(connector.pid);
  const startedMs = performance.now();
  const doneMs = new Map<string, number>();
  const sent = await simulate({ url: connector.url, secret: servers.fixture.secret, events, seed: 7, receiptsFile });
  const slow = async (): Promise<readonly string[]> => {
    const names = await laggingDestinations(connector);
    for (const name of destinations) {
      if (!names.includes(name) && !doneMs.has(name)) doneMs.set(name, performance.now() - startedMs);
    }
    return names;
  };
  await expect.poll(slow, { timeout, interval: 100 }).toEqual([]);
  const after = await usageOf(connector.pid);
  return { sent, receipts: await readReceipts(receiptsFile), doneMs, before, after };
}

function report(name: string, { sent, doneMs, before, after }: Run, arrivals: Readonly<Record<string, number>>) {
  const rate = (ms: number): string => `${Math.round((sent.events * 1000) / ms)} events/s`;
  const lines = [...doneMs].map(
    ([destination, ms]) => `  ${destination}: all settled after ${(ms / 1000).toFixed(1)} s, ${rate(ms)}`,
  );
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  console.log(
    [
      `${name}: ${sent.bodies} bodies, ${sent.events} events sent in ${sent.seconds} s (${rate(sent.seconds * 1000)})`,
      ...lines,
      `  arrived: ${JSON.stringify(arrivals)}`,
      `  connector: ${cpuSeconds.toFixed(1)} s CPU (${Math.round((cpuSeconds * 1e6) / sent.events)} us an event), resident ${before.rssMiB} MiB before, ${after.rssMiB} after, ${after.peakRssMiB} at most`,
    ].join('\n'),
  );
}

/** The events in each destination; waits for those that become searchable late. */
async function everywhere(expected: number, wanted: number) {
  const soon = { timeout, interval: 250 };
  await expect.poll(async () => (await inVictoriaLogs(victoria)).length, soon).toBe(wanted);
  await expect.poll(async () => (await inCollector(servers.collector)).length, soon).toBe(expected);
  return { ...(await servers.arrivals()), victoria: await inVictoriaLogs(victoria) };
}

const sizes = (arrivals: Readonly<Record<string, readonly Arrival[]>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(arrivals).map(([name, { length }]) => [name, length]));

async function counters(): Promise<Readonly<Record<string, Counters>>> {
  const { destinations } = await readyz(connector);
  return Object.fromEntries(destinations.map(({ name, counters }) => [name, counters]));
}

const nothing = { degraded: 0, duplicate: 0, deadLettered: 0, filtered: 0, damaged: 0 };

it(`${events} events of all nine types: counts and ids agree in every destination`, { timeout }, async () => {
  const first = await run('first');
  const { sent, receipts } = first;
  expect(sent).toMatchObject({ events, receipts: sent.bodies, statuses: { 202: sent.bodies } });
  expect(new Set(receipts.map(({ messageType }) => messageType)).size).toBe(messageTypes);

  const filtered = receipts
    .filter(({ messageType }) => messageType.startsWith('LOCATION_'))
    .reduce((total, receipt) => total + receipt.events, 0);
  const found = await everywhere(events, events - filtered);
  report('first run', first, sizes(found));

  // Each receipt has its events, and every destination has the same ids equally often.
  expect(
    differences(copiesBy(found.archive, 'receipt'), new Map(receipts.map((one) => [one.receipt, one.events]))),
  ).toEqual([]);
  const byId = copiesBy(found.archive, 'id');
  expect(differences(copiesBy(found.splunk, 'id'), byId)).toEqual([]);
  expect(differences(copiesBy(found.otel, 'id'), byId)).toEqual([]);
  expect(differences(copiesBy(found.elastic, 'id'), onceEach(found.archive))).toEqual([]);
  const wanted = found.archive.filter(({ dataset }) => dataset !== notForVictoria);
  expect(differences(copiesBy(found.victoria, 'id'), copiesBy(wanted, 'id'))).toEqual([]);

  const byDataset = copiesBy(found.elastic, 'dataset');
  expect([...byDataset.keys()].sort()).toEqual(datasets.map((dataset) => `extreme_xiq.${dataset}`).sort());
  for (const [dataset, expected] of byDataset) {
    expect(await countInElasticsearch(servers.elasticsearch, dataset), dataset).toBe(expected);
  }

  const all = { ...nothing, normalized: events, delivered: events };
  expect(await counters()).toEqual({
    archive: all,
    elastic: { ...all, duplicate: events - found.elastic.length },
    splunk: all,
    victoria: { ...all, delivered: events - filtered, filtered },
    otel: all,
  });
});

it('the same bodies again: Elasticsearch holds no second copy, and counts them as duplicates', {
  timeout,
}, async () => {
  const before = await inElasticsearch(servers.elasticsearch);
  const earlier = await counters();
  const again = await run('again');
  expect(again.sent).toMatchObject({ events, receipts: again.sent.bodies });

  const filtered = 2 * (earlier['victoria']?.filtered ?? 0);
  const found = await everywhere(2 * events, 2 * events - filtered);
  report('the same again', again, sizes(found));

  // The first copy is kept: its receipt is that of the first run.
  expect(differences(copiesBy(found.elastic, 'id'), copiesBy(before, 'id'))).toEqual([]);
  expect(differences(copiesBy(found.elastic, 'receipt'), copiesBy(before, 'receipt'))).toEqual([]);
  const twice = copiesBy(found.archive, 'id');
  expect(differences(copiesBy(found.splunk, 'id'), twice)).toEqual([]);
  expect(differences(copiesBy(found.otel, 'id'), twice)).toEqual([]);
  expect([...twice.values()].every((copies) => copies % 2 === 0)).toBe(true);

  const all = { ...nothing, normalized: 2 * events, delivered: 2 * events };
  const now = await counters();
  expect(now).toEqual({
    archive: all,
    elastic: { ...all, duplicate: 2 * events - found.elastic.length },
    splunk: all,
    victoria: { ...all, delivered: 2 * events - filtered, filtered },
    otel: all,
  });
  for (const [name, each] of Object.entries(now)) expect(unaccounted(each), name).toBe(0);
  expect(await connector.end('SIGTERM')).toBe(0);
});
