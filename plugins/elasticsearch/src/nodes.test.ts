import { expect, onTestFinished, test, vi } from 'vitest';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { batchOf, configOf, noSignal, testContext } from './test-context.ts';
import { emptyCluster, type Script, startTestServer, type TestServer } from './test-server.ts';

type Mode = 'hang' | 'stall' | 'refuse';

const batchSize = 5;
const inFlight = 4;

/** A cluster on real sockets: destination `faulty` uses two nodes that work, and one that does not. */
async function startCluster(mode: Mode) {
  // Only the clock of the library's pool: time limits stay real.
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const cluster = emptyCluster();
  const nodes: TestServer[] = [];
  for (let node = 0; node < 3; node++) nodes.push(await startTestServer(cluster, 15));
  onTestFinished(async () => {
    for (const node of nodes) await node.down().catch(() => undefined);
  });
  const [first, second, fault] = nodes;
  if (!first || !second || !fault) throw new Error('no nodes');
  const { context, logged } = testContext();
  await (await elasticsearchSetup(configOf(first.url), context)).apply();
  if (mode === 'refuse') await fault.down();
  else fault.script(() => mode);
  const config = { ...configOf(first.url), requireTemplate: false, nodes: nodes.map(({ url }) => url) };
  const destination = await elasticsearchDestination.create(config, { ...context, timeoutMs: 1_000 });
  onTestFinished(() => destination.close?.());
  const faulty = createWorkers(destination.deliver);
  const times = (event: string) => logged.filter((line) => line.event === event).length;
  return { cluster, fault, faulty, times };
}

type Deliver = Awaited<ReturnType<typeof elasticsearchDestination.create>>['deliver'];

let lastId = 0;

/** As the engine: some batches at a time, and events without a final verdict again. */
function createWorkers(deliver: Deliver) {
  const sent: string[] = [];
  const resends: string[] = [];
  const counts = { duplicates: 0, unknown: 0 };
  async function sendOne(): Promise<void> {
    const ids = resends.splice(0, batchSize);
    while (ids.length < batchSize) {
      ids.push(`event-${++lastId}`);
      sent.push(ids.at(-1) ?? '');
    }
    const report = await deliver(batchOf(ids), noSignal);
    if ('batch' in report) {
      resends.push(...ids);
      return;
    }
    for (const { index, ...verdict } of report.items) {
      if (verdict.verdict === 'delivered') counts.duplicates += verdict.duplicate ? 1 : 0;
      else {
        counts.unknown++;
        resends.push(ids[index] ?? '');
      }
    }
  }
  async function send(batches: number): Promise<void> {
    let left = batches;
    const worker = async () => {
      while (left-- > 0) await sendOne();
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  }
  return { send, sent, counts, open: () => resends.length };
}

test.each<Mode>(['hang', 'stall', 'refuse'])(
  'L2: one of three nodes with %s: it is left out after its first fault, the rate stays, and no event is lost',
  async (mode) => {
    const { cluster, fault, faulty, times } = await startCluster(mode);
    await faulty.send(inFlight * 3);
    expect(times('destination.node_left_out')).toBe(1);
    const before = fault.requests.length;
    const { unknown } = faulty.counts;
    await faulty.send(240);
    // The rate stays: no batch waits for the node.
    expect(fault.requests.length).toBe(before);
    expect(faulty.counts.unknown).toBe(unknown);

    while (faulty.open() > 0) await faulty.send(1);
    const stored = new Set(cluster.documents.map(({ id }) => id));
    expect(faulty.sent.filter((id) => !stored.has(id))).toEqual([]);
    // The cluster keeps one copy of each event that the node had stored before it stopped.
    expect(stored.size).toBe(cluster.documents.length);
    expect(faulty.counts.duplicates).toBe(mode === 'stall' ? faulty.counts.unknown : 0);
    expect(faulty.counts.unknown).toBeLessThanOrEqual(inFlight * batchSize);
  },
);

const isProbe: (request: Parameters<Script>[0]) => boolean = ({ method, path }) => method === 'HEAD' && path === '/';

test('L2: a node that is left out gets a probe, then one request at a time until it has responded', async () => {
  const { fault, faulty, times } = await startCluster('stall');
  await faulty.send(inFlight * 3);
  const bulks = fault.bulks().length;

  vi.setSystemTime(Date.now() + 29_000);
  await faulty.send(12);
  expect(fault.requests.filter(isProbe)).toEqual([]);
  vi.setSystemTime(Date.now() + 1_500);
  await faulty.send(4);
  await expect.poll(() => fault.requests.filter(isProbe).length).toBe(1);
  // The node responds to probes only. One batch waits for it, and all others pass by.
  await expect.poll(() => faulty.send(8).then(() => fault.bulks().length)).toBe(bulks + 1);
  await faulty.send(60);
  expect(fault.bulks().length).toBe(bulks + 1);

  // Its second failure in a row doubles the time to the next probe.
  vi.setSystemTime(Date.now() + 31_000);
  await faulty.send(12);
  expect(fault.requests.filter(isProbe)).toHaveLength(1);
  fault.script(undefined);
  vi.setSystemTime(Date.now() + 30_000);
  await faulty.send(4);
  await expect.poll(() => fault.requests.filter(isProbe).length).toBe(2);
  await expect.poll(() => faulty.send(4).then(() => times('destination.node_restored'))).toBe(1);
  const restored = fault.bulks().length;
  await faulty.send(30);
  expect(fault.bulks().length - restored).toBeGreaterThanOrEqual(9);
});

test('L2: a step of the clock keeps no node out', async () => {
  const { fault, faulty, times } = await startCluster('refuse');
  await faulty.send(12);
  await fault.up();
  vi.setSystemTime(Date.now() - 365 * 86_400_000);
  await expect.poll(() => faulty.send(4).then(() => times('destination.node_restored'))).toBe(1);
});

test('L2: with every node down, each of them is still tried', async () => {
  const { fault, faulty } = await startCluster('refuse');
  await faulty.send(12);
  const one = await startTestServer();
  onTestFinished(() => one.down().catch(() => undefined));
  const { context } = testContext();
  const config = { ...configOf(one.url), requireTemplate: false };
  const destination = await elasticsearchDestination.create(config, { ...context, timeoutMs: 500 });
  onTestFinished(() => destination.close?.());
  one.script(() => 'hang');
  const hung = await Promise.all([1, 2].map(() => destination.deliver(batchOf(['a']), noSignal)));
  for (const report of hung) expect(report).toMatchObject({ items: [{ verdict: 'unknown', code: 'timed_out' }] });
  one.script(undefined);
  one.written.set('/_index_template/logs-extreme_xiq', {});
  expect(await destination.deliver(batchOf(['a']), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  expect(fault.bulks()).toEqual([]);
});
