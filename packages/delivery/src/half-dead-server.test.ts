// A server that hangs, over real sockets: what it receives beyond one of each event, and how soon it is used again.
import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { allDelivered, type Batch, exchange } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { bodies, deliverAll, destination, each, fixture, memoryJournal, scripted } from './test-delivery.ts';

const timeoutMs = 500;
const events = 5_000;

/** Stores each event at once. While `isHanging`, it does not answer. */
async function openServer(isHanging: (requests: number) => boolean) {
  const received: string[] = [];
  const sizes: number[] = [];
  const server = createServer(async (request, response) => {
    const ids = (await text(request)).split('\n');
    received.push(...ids);
    sizes.push(ids.length);
    if (!isHanging(sizes.length)) response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const deliver = async (batch: Batch, signal: AbortSignal) => {
    const body = batch.items.map(({ id }) => id).join('\n');
    const url = new URL(`http://127.0.0.1:${port}/`);
    const outcome = await exchange({ method: 'POST', url, agent, body, signal });
    if (outcome.kind === 'response') return allDelivered(batch);
    return { items: batch.items.map(({ index }) => ({ index, verdict: 'unknown' as const, code: outcome.code })) };
  };
  return {
    deliver,
    received,
    sizes,
    surplus: () => received.length - new Set(received).size,
    async [Symbol.asyncDispose]() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const definition = { type: 'http', assurance: 'accepted', codes: ['timed_out', 'connection_lost', 'aborted'] } as const;
const options = { timeoutMs, retry: { initialMs: 4, maxMs: timeoutMs }, batch: { maxEvents: 500 } };

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.sleep(1, new AbortController().signal);
}

// Before: 3,412 surplus copies of 5,000 events, of which 1,506 were counted.
test('L7: a server that hangs for three time limits gets only the batches in flight and two small probes twice', async () => {
  let hangsUntilMs: number | undefined;
  await using server = await openServer(() => {
    hangsUntilMs ??= Date.now() + 3 * timeoutMs;
    return Date.now() < hangsUntilMs;
  });
  const spec = destination('a', { deliver: server.deliver }, options, { definition });
  const { delivery, statusOf } = fixture(memoryJournal(...bodies(50, events / 50)), [spec], { clock: systemClock });
  await until(() => statusOf('a').counters.delivered === events);
  const { possibleDuplicates, counters } = statusOf('a');
  await delivery.stop(1000);
  expect(new Set(server.received).size).toBe(events);
  // At once after the probe of one event, a batch has the usual size again.
  const probes = server.sizes.slice(server.sizes.indexOf(8), -1);
  expect(probes.slice(0, 2)).toEqual([8, 1]);
  expect(probes.slice(2, 5).some((size) => size > 200)).toBe(true);
  expect(server.surplus()).toBeLessThanOrEqual(4 * 500 + 8 + 1 + 1);
  expect(possibleDuplicates).toBe(server.surplus());
  expect(counters).toMatchObject({ normalized: events, delivered: events, deadLettered: 0 });
});

const minute = 60_000;

test('L7: a hang in the middle of a stream costs the batches in flight and one probe a minute, though a success came just before', async () => {
  const copies: string[] = [];
  let hangsFromMs = Number.POSITIVE_INFINITY;
  const plugin = scripted(async (batch, call, signal) => {
    // The end of a batch of a fast stream is later than the start of the next one.
    await clock.sleep((call % 4) * 700);
    copies.push(...batch.items.map(({ id }) => id));
    if (clock.now() < hangsFromMs || clock.now() > hangsFromMs + 3 * minute) return deliverAll(batch, call, signal);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return each(batch, () => ({ verdict: 'unknown', code: 'busy' }));
  });
  const { clock, statusOf } = fixture(memoryJournal(...bodies(400, 100)), [destination('a', plugin)]);
  await clock.advance(5_000);
  hangsFromMs = clock.now();
  await clock.advance(3 * minute);
  const atEnd = { delivered: statusOf('a').counters.delivered, batches: plugin.batches.length };
  expect(statusOf('a')).toMatchObject({ state: 'backing_off', batchesInFlight: 1 });
  await clock.runUntil(() => statusOf('a').counters.delivered === 40_000, 3 * minute);
  expect(copies.length - new Set(copies).size).toBeLessThanOrEqual(4 * 500 + 8 + 1 + 1);
  expect(statusOf('a').possibleDuplicates).toBe(copies.length - 40_000);
  expect(plugin.batches.slice(atEnd.batches + 1, atEnd.batches + 4).every(({ length }) => length === 500)).toBe(true);
});

test('a server that answers only small batches in time gets smaller ones, so the copies end', async () => {
  const plugin = scripted(async (batch, call, signal) => {
    if (batch.items.length <= 60) return deliverAll(batch, call, signal);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return each(batch, () => ({ verdict: 'unknown', code: 'busy' }));
  });
  const { clock, statusOf } = fixture(memoryJournal(...bodies(200, 100)), [destination('a', plugin)]);
  await clock.runUntil(() => statusOf('a').counters.delivered === 20_000, 24 * 60 * minute);
  const copies = plugin.batches.flat().length - 20_000;
  expect(statusOf('a').possibleDuplicates).toBe(copies);
  expect(copies).toBeLessThan(20_000);
});
