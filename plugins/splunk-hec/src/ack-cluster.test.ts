import { type BalancerPolicy, startHecCluster } from '@xiq-siem/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, idOf, noSignal, startFixture, token } from './test-harness.ts';

async function startCluster(policy: BalancerPolicy, count = 3, ackTimeoutMs = 60_000, realTime = true) {
  const cluster = await startHecCluster({ count, policy }, { tokens: { [token]: { ack: true } } });
  onTestFinished(cluster.close);
  const { destination, log, clock } = await startFixture(onTestFinished, {
    config: { url: cluster.url, ack: true },
    unchecked: { ackPollMs: 5, ackTimeoutMs },
    realTime,
  });
  /** The events of each node, by id. */
  const received = () => cluster.nodes.map(({ events }) => events.map(({ event }) => idOf(event)));
  /** Delivers batches in four streams, sends unknown events again, and returns the ids that were delivered at once or later. */
  const deliverAll = async (ids: readonly string[], attempts: number) => {
    const delivered: string[] = [];
    const deliverBatch = async (batch: readonly string[]) => {
      let rest = batch;
      for (let attempt = 0; attempt < attempts && rest.length > 0; attempt++) {
        const report = await destination.deliver(batchOf(...rest), noSignal);
        if (!('items' in report)) throw new Error(JSON.stringify(report));
        const verdicts = new Map(report.items.map(({ index, verdict }) => [rest[index], verdict]));
        delivered.push(...rest.filter((id) => verdicts.get(id) === 'delivered'));
        rest = rest.filter((id) => verdicts.get(id) === 'unknown');
      }
    };
    const streams = Array.from({ length: 4 }, async (_, stream) => {
      for (let at = stream * 2; at < ids.length; at += 8) await deliverBatch(ids.slice(at, at + 2));
    });
    await Promise.all(streams);
    return delivered;
  };
  return { cluster, destination, log, clock, received, deliverAll };
}

const ids = Array.from({ length: 80 }, (_, index) => `event-${index}`);
const policies = ['cookie', 'request', 'connection'] as const;

describe.each(policies)('L1: a cluster with a node for each %s', (policy) => {
  it('delivers every event, without a copy', async () => {
    const { received, deliverAll } = await startCluster(policy);
    expect((await deliverAll(ids, 1)).sort()).toEqual([...ids].sort());
    expect(received().flat().sort()).toEqual([...ids].sort());
    expect(received().every((events) => events.length > 0)).toBe(true);
  });

  it('delivers no event that only a node without indexing has, and sends each attempt once', async () => {
    const attempts = 3;
    const { cluster, received, deliverAll } = await startCluster(policy, 2, 250);
    cluster.nodes[0]?.acks.setIndexing(false);
    const delivered = await deliverAll(ids.slice(40), attempts);
    const [, indexed = []] = received();
    expect(delivered.filter((id) => !indexed.includes(id))).toEqual([]);
    expect(delivered.length).toBeGreaterThan(0);
    for (const id of ids)
      expect(
        received()
          .flat()
          .filter((one) => one === id).length,
      ).toBeLessThanOrEqual(attempts);
  });

  it('delivers no event that a restarted node forgot', async () => {
    const { cluster, destination, clock, received } = await startCluster(policy, 2, 60_000, false);
    for (const { acks } of cluster.nodes) acks.setIndexing(false);
    const before = ['a', 'b', 'c', 'd'].map((id) => destination.deliver(batchOf(id), noSignal));
    await expect.poll(() => received().flat().length).toBe(4);
    for (const { acks } of cluster.nodes) {
      acks.forget();
      acks.setIndexing(true);
    }
    const after = ['e', 'f', 'g', 'h'].map((id) => destination.deliver(batchOf(id), noSignal));
    for (const report of await Promise.all(after)) expect(report).toMatchObject({ items: [{ verdict: 'delivered' }] });
    clock.nowMs += 60_000;
    for (const report of await Promise.all(before)) {
      expect(report).toMatchObject({ items: [{ verdict: 'unknown', code: 'ack_timeout' }] });
    }
  });
});

it('L1: asks the node that got the events after the balancer closed all connections, by its cookie', async () => {
  const { cluster, destination, received } = await startCluster('cookie');
  for (const { acks } of cluster.nodes) acks.setIndexing(false);
  const deliveries = ['a', 'b', 'c', 'd'].map((id) => destination.deliver(batchOf(id), noSignal));
  await expect.poll(() => received().flat().length).toBe(4);
  const asked = () =>
    cluster.nodes.flatMap(({ requests }) => requests.filter(({ path }) => path.endsWith('/ack'))).length;
  // A response that says "indexed" is given once: none of them may be on a closed connection.
  await expect.poll(asked).toBeGreaterThan(4);
  cluster.dropConnections();
  const before = asked();
  await expect.poll(asked).toBeGreaterThan(before + 8);
  for (const { acks } of cluster.nodes) acks.setIndexing(true);
  for (const report of await Promise.all(deliveries))
    expect(report).toMatchObject({ items: [{ verdict: 'delivered' }] });
});

it('L1: asks on the connection that the events used, also with more requests than connections', async () => {
  const { cluster, destination, received } = await startCluster('connection', 3, 3_000);
  for (const { acks } of cluster.nodes) acks.setIndexing(false);
  const deliveries = ids.slice(0, 40).map((id) => destination.deliver(batchOf(id), noSignal));
  await expect.poll(() => received().flat().length).toBe(40);
  for (const { acks } of cluster.nodes) acks.setIndexing(true);
  for (const report of await Promise.all(deliveries))
    expect(report).toMatchObject({ items: [{ verdict: 'delivered' }] });
});

it('L1: never logs a cookie', async () => {
  const { deliverAll, log } = await startCluster('cookie');
  await deliverAll(ids, 1);
  expect(JSON.stringify(log.lines)).not.toContain('NODE');
});
