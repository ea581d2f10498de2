// A destination that is down, hangs, or loses bodies to eviction affects only itself.
import { join } from 'node:path';
import { parseReceipt } from '@xiq-siem/journal';
import type { RunningServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { type AllDestinations, hecFixture, hecToken, startAllDestinations, startHec } from './all-destinations.ts';
import { inCollector, inFiles, inHecFake } from './arrivals.ts';
import { type Client, createClient } from './client.ts';
import { type RunningConnector, startProcess } from './connector-process.ts';
import { copiesBy, differences, onceEach } from './copies.ts';
import { destinationOf, laggingDestinations, readyz, unaccounted } from './readyz.ts';
import { simulate, startSimulator } from './simulator.ts';

const pollOptions = { timeout: 60_000, interval: 100 };
/** Retries soon after the server is back. */
const retry = { initialMs: 100, maxMs: 500 };

/** The frozen process keeps its connections, and the kernel accepts new ones for it. */
function freeze({ name, processGroup }: RunningServer): void {
  const group = processGroup();
  if (group === undefined) throw new Error(`${name} does not run`);
  process.kill(-group, 'SIGSTOP');
}

describe('with all four destinations', () => {
  let servers: AllDestinations;
  let connector: RunningConnector;
  let sent = 0;

  beforeAll(async () => {
    // The test counts the events of the sender: outages would be reported as events of the connector.
    const yaml = 'journal: { minFreeBytes: 0 }\nhealthEvents: { enabled: false }';
    servers = await startAllDestinations({ yaml, each: { retry, timeoutMs: 5_000 } });
    connector = await startProcess(servers.fixture);
  }, 300_000);
  afterAll(async () => {
    await connector?.end('SIGKILL');
    await servers?.stop();
  });

  beforeEach(() => {
    onTestFailed(async () => {
      console.log(JSON.stringify(await readyz(connector)), connector.output().slice(-10_000));
    });
  });

  const load = (seed: number, events: number) => {
    sent += events;
    return { url: connector.url, secret: servers.fixture.secret, seed, events };
  };
  const untilOnlyLagging = (...names: readonly string[]) =>
    expect.poll(() => laggingDestinations(connector), pollOptions).toEqual(names);
  const arrivedAtOthers = async () => ({
    archive: (await inFiles(join(servers.fixture.directory, 'out'))).length,
    splunk: servers.hec.events.length,
    otel: (await inCollector(servers.collector)).length,
  });

  it('Elasticsearch is down for a while: the others deliver, it catches up, no event is lost or duplicated', {
    timeout: 180_000,
  }, async () => {
    let startedMs = performance.now();
    const alone = await simulate(load(1, 1_500));
    await untilOnlyLagging();
    const usualMs = performance.now() - startedMs;
    const under = startSimulator(load(2, 3_000));
    const delivered = async () => (await destinationOf(connector, 'elastic')).counters.delivered;
    await expect.poll(delivered, { ...pollOptions, interval: 20 }).toBeGreaterThan(1_500);
    // It freezes with batches in flight and is then killed: it did not store them.
    freeze(servers.elasticsearch);
    const rest = await under.summary;
    await untilOnlyLagging('elastic');
    await servers.elasticsearch.kill();
    startedMs = performance.now();
    const whileDown = await simulate(load(3, 1_500));
    expect([alone, rest, whileDown].map(({ statuses }) => Object.keys(statuses))).toEqual([['202'], ['202'], ['202']]);

    await untilOnlyLagging('elastic');
    const downMs = performance.now() - startedMs;
    // A rough limit, for a busy machine. A stream that waited for Elasticsearch would never finish.
    expect(downMs).toBeLessThan(3 * usualMs + 10_000);
    await expect.poll(arrivedAtOthers, pollOptions).toEqual({ archive: sent, splunk: sent, otel: sent });
    expect(servers.elasticsearch.processGroup()).toBeUndefined();
    const elastic = await destinationOf(connector, 'elastic');
    expect(elastic.state).toBe('backing_off');
    expect(elastic.counters.delivered).toBeLessThan(sent - 1_500);
    expect((await readyz(connector)).status).toBe('ready');

    await servers.elasticsearch.restart();
    await untilOnlyLagging();
    const { archive, ...others } = await servers.arrivals();
    const once = onceEach(archive);
    expect(once.size).toBe(sent);
    for (const [name, found] of Object.entries(others))
      expect(differences(copiesBy(found, 'id'), once), name).toEqual([]);
    for (const { name, counters } of (await readyz(connector)).destinations) {
      expect(counters, name).toMatchObject({ normalized: sent, delivered: sent, deadLettered: 0, damaged: 0 });
    }
    const { counters, possibleDuplicates } = await destinationOf(connector, 'elastic');
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
    console.log(
      `1500 events are settled by all in ${seconds(usualMs)}, by the others while Elasticsearch is down in ${seconds(downMs)}; ` +
        `${counters.duplicate} duplicates, ${possibleDuplicates} possible`,
    );
  });

  it('a destination that never responds delays only itself', { timeout: 120_000 }, async () => {
    const before = servers.hec.events.length;
    servers.hec.respondAlways('event', { instead: 'silence' });
    const { bodies, statuses } = await simulate(load(4, 1_000));
    expect(statuses).toEqual({ 202: bodies });
    await untilOnlyLagging('splunk');
    expect(servers.hec.events).toHaveLength(before);
    servers.hec.respondAlways('event', undefined);
    await untilOnlyLagging();
    const { archive, splunk } = await servers.arrivals();
    expect(differences(copiesBy(splunk, 'id'), onceEach(archive))).toEqual([]);
    expect(await destinationOf(connector, 'splunk')).toMatchObject({ pluginFaults: 0, counters: { delivered: sent } });
  });
});

describe('with a journal of 1 MiB and a destination that is down', () => {
  const journal =
    'journal: { maxBytes: 1048576, segmentBytes: 65536, minFreeBytes: 0, retainForHours: 0 }\n' +
    'healthEvents: { enabled: false }';

  async function start(whenFull: 'evict' | 'hold') {
    const hec = await startHec();
    // Few events are in memory, so that the journal matters.
    const batch = { maxEvents: 5 };
    const splunk = { type: 'splunk-hec', url: hec.url, token: hecToken, whenFull, retry, batch, maxInFlight: 1 };
    const fixture = await hecFixture(journal, { splunk });
    await hec.goDown();
    const connector = await startProcess(fixture);
    const client = createClient(connector.url, fixture.secret);
    onTestFinished(async () => {
      client.close();
      await connector.end('SIGKILL');
      await hec.close();
      await fixture.remove();
    });
    const archived = () => inFiles(join(fixture.directory, 'out'));
    return { hec, connector, client, archived };
  }

  /** Two events in 16 KiB, unlike those of any other number. */
  const post = (client: Client, number: number) => {
    const events = ['first', 'second'].map((description) => ({
      ...{ timeStamp: 1_636_337_187_553 + number, userId: 6553, code: 10001, description },
      padding: 'x'.repeat(8_000),
    }));
    return client.post('/webhooks/xiq/AUDIT_LOG_ALL', JSON.stringify(events));
  };

  it('the others deliver, senders get 202, and the lost bodies are reported and counted', {
    timeout: 120_000,
  }, async () => {
    const { hec, connector, client, archived } = await start('evict');
    const receipts: string[] = [];
    for (let wave = 0; wave < 12; wave += 1) {
      const responses = await Promise.all(Array.from({ length: 20 }, (_, at) => post(client, wave * 20 + at)));
      receipts.push(...responses.flatMap(({ receipt }) => receipt ?? []));
      await expect.poll(() => laggingDestinations(connector), pollOptions).toEqual(['splunk']);
    }
    expect(receipts).toHaveLength(240);
    expect(differences(copiesBy(await archived(), 'receipt'), new Map(receipts.map((one) => [one, 2])))).toEqual([]);

    const { status, journal } = await readyz(connector);
    expect(status).toBe('ready');
    expect(journal.bytes).toBeLessThanOrEqual(1_048_576);
    expect(journal.evicted.map(({ destination }) => destination)).toEqual(['splunk']);
    expect(journal.lost).toEqual([]);
    const [gap] = journal.evicted;
    expect(gap?.bodies).toBeGreaterThan(100);
    expect(connector.output()).toContain('"event":"journal.evicted","destination":"splunk"');

    await hec.recover();
    await expect.poll(() => laggingDestinations(connector), pollOptions).toEqual([]);
    const taken = copiesBy(inHecFake(hec), 'receipt');
    const missing = receipts.filter((receipt) => !taken.has(receipt)).map((receipt) => parseReceipt(receipt)?.sequence);
    const isInGap = (sequence = -1) => gap !== undefined && sequence >= gap.fromSequence && sequence <= gap.toSequence;
    expect(missing.filter((sequence) => !isInGap(sequence))).toEqual([]);
    expect([...taken.values()].filter((copies) => copies !== 2)).toEqual([]);
    const { counters } = await destinationOf(connector, 'splunk');
    expect(counters).toMatchObject({ damaged: missing.length, delivered: 2 * (240 - missing.length), deadLettered: 0 });
    expect(unaccounted(counters)).toBe(0);
    // Events in memory at the time of the eviction were delivered.
    expect(missing.length).toBeGreaterThan(100);
    expect(gap?.bodies).toBeGreaterThanOrEqual(missing.length);
    console.log(`evicted: ${JSON.stringify(gap)}, ${missing.length} bodies lost to it`);
  });

  it('`whenFull: hold` makes senders wait instead, and loses nothing', { timeout: 120_000 }, async () => {
    const { hec, connector, client, archived } = await start('hold');
    const receipts: string[] = [];
    let status = 202;
    for (let number = 0; number < 200 && status === 202; number += 1) {
      const posted = await post(client, number);
      status = posted.status;
      receipts.push(...(posted.receipt === undefined ? [] : [posted.receipt]));
    }
    expect(status).toBe(503);
    const expected = () => new Map(receipts.map((receipt) => [receipt, 2]));
    await expect.poll(() => laggingDestinations(connector), pollOptions).toEqual(['splunk']);
    expect(differences(copiesBy(await archived(), 'receipt'), expected())).toEqual([]);
    const full = await readyz(connector);
    expect(full).toMatchObject({ status: 'not ready', reasons: ['journal_full'], journal: { evicted: [], lost: [] } });

    await hec.recover();
    const again = async () => {
      const posted = await post(client, 200 + receipts.length);
      receipts.push(...(posted.receipt === undefined ? [] : [posted.receipt]));
      return posted.status;
    };
    await expect.poll(again, pollOptions).toBe(202);
    await expect.poll(() => laggingDestinations(connector), pollOptions).toEqual([]);
    expect(differences(copiesBy(inHecFake(hec), 'receipt'), expected())).toEqual([]);
    expect(differences(copiesBy(await archived(), 'receipt'), expected())).toEqual([]);
    console.log(`hold: 503 after ${receipts.length - 1} bodies, all of them delivered`);
  });
});
