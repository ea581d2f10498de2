import { expect, it, onTestFinished, vi } from 'vitest';
import { splunkHecDestination } from './splunk-hec-destination.ts';
import type { FixtureOptions } from './test-harness.ts';
import { batchOf, noSignal, startFixture, token } from './test-harness.ts';

const options: FixtureOptions = {
  unchecked: { ack: true, ackPollMs: 5, ackTimeoutMs: 1_000 },
  fake: { tokens: { [token]: { ack: true } } },
};

async function startAcknowledging(more: FixtureOptions = {}) {
  const fixture = await startFixture(onTestFinished, { ...options, ...more });
  const requestsTo = (endpoint: string) => fixture.fake.requests.filter(({ path }) => path.endsWith(endpoint));
  const channels = () => requestsTo('/event').map(({ headers }) => headers['x-splunk-request-channel']);
  /** Resolves after this many requests for acknowledgements. */
  const polled = (times: number) => vi.waitFor(() => expect(requestsTo('/ack').length).toBeGreaterThanOrEqual(times));
  return { ...fixture, channels, polled };
}

it('delivers only events that the indexers acknowledged', async () => {
  const { destination, fake, polled } = await startAcknowledging();
  fake.acks.setIndexing(false);
  let report: unknown;
  const delivery = destination.deliver(batchOf('a', 'b'), noSignal).then((value) => {
    report = value;
  });
  await polled(3);
  expect(report).toBeUndefined();
  fake.acks.setIndexing(true);
  await delivery;
  expect(report).toEqual({ items: [0, 1].map((index) => ({ index, verdict: 'delivered' })) });
});

it('has the assurance indexed', async () => {
  const { destination } = await startAcknowledging();
  expect(destination.assurance).toBe('indexed');
});

it('sends each request on a channel of its own', async () => {
  const { destination, channels, fake } = await startAcknowledging();
  const batches = ['a', 'b', 'c', 'd'].map((id) => destination.deliver(batchOf(id), noSignal));
  for (const report of await Promise.all(batches)) expect(report).toMatchObject({ items: [{ verdict: 'delivered' }] });
  expect(new Set(channels()).size).toBe(4);
  expect(fake.events).toHaveLength(4);
});

it('sends unacknowledged events again on a new channel, with the same ids', async () => {
  const { destination, fake, clock, channels, polled, idsOf } = await startAcknowledging();
  fake.acks.setIndexing(false);
  const unacknowledged = destination.deliver(batchOf('a'), noSignal);
  await polled(1);
  clock.nowMs += 1_000;
  expect(await unacknowledged).toMatchObject({ items: [{ verdict: 'unknown', code: 'ack_timeout' }] });
  fake.acks.setIndexing(true);
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  expect(new Set(channels()).size).toBe(2);
  expect(idsOf()).toEqual(['a', 'a']);
});

it('reports unknown if the response with the ackId was lost', async () => {
  const { destination, fake, clock, polled } = await startAcknowledging();
  fake.respondNext('ack', { instead: 'reset', indexed: true });
  const delivery = destination.deliver(batchOf('a'), noSignal);
  await polled(3);
  clock.nowMs += 1_000;
  expect(await delivery).toMatchObject({ items: [{ verdict: 'unknown', code: 'ack_timeout' }] });
});

it('polls again after unusable responses', async () => {
  const { destination, fake } = await startAcknowledging();
  fake.respondNext('ack', { code: 9 }, { status: 200, body: '<html>' }, { status: 200, body: '{"acks":[true]}' });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
});

it('stops waiting when the signal fires', async () => {
  const { destination, fake, polled } = await startAcknowledging();
  fake.acks.setIndexing(false);
  const limit = new AbortController();
  const delivery = destination.deliver(batchOf('a'), limit.signal);
  await polled(1);
  limit.abort();
  expect(await delivery).toMatchObject({ items: [{ verdict: 'unknown', code: 'ack_timeout' }] });
});

it('sends on a new channel if the server does not know the current one', async () => {
  const { destination, fake, channels } = await startAcknowledging();
  fake.respondNext('event', { code: 11 });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ batch: 'unavailable' });
  fake.respondNext('ack', { code: 11 });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ items: [{ code: 'ack_lost' }] });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  expect(new Set(channels()).size).toBe(3);
});

it('does not confuse the acknowledgement of a restarted server with an earlier request', async () => {
  const { destination, fake, clock, polled } = await startAcknowledging();
  fake.acks.setIndexing(false);
  const before = destination.deliver(batchOf('before'), noSignal);
  await polled(1);
  fake.acks.forget();
  fake.acks.setIndexing(true);
  expect(await destination.deliver(batchOf('after'), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  clock.nowMs += 1_000;
  expect(await before).toMatchObject({ items: [{ verdict: 'unknown', code: 'ack_timeout' }] });
});

it('reports that only the confirmation is left when HEC has accepted all events', async () => {
  const { destination, fake } = await startAcknowledging();
  fake.acks.setIndexing(false);
  const confirming = Promise.withResolvers<void>();
  const attempt = { onlyConfirmationLeft: confirming.resolve };
  const delivery = destination.deliver(batchOf('a', 'b'), noSignal, attempt);
  await confirming.promise;
  expect(fake.events).toHaveLength(2);
  fake.acks.setIndexing(true);
  expect(await delivery).toMatchObject({ items: [{ verdict: 'delivered' }, { verdict: 'delivered' }] });
});

it('L5: reports degraded and the assurance accepted while the token has acknowledgement off', async () => {
  const tokens: Record<string, { ack?: boolean }> = { [token]: {} };
  const { destination, log } = await startAcknowledging({ fake: { tokens } });
  expect(await destination.deliver(batchOf('a'), noSignal)).toEqual({
    items: [{ index: 0, verdict: 'delivered', degraded: 'ack_disabled' }],
  });
  expect(log.of('destination.ack_disabled')).toHaveLength(1);
  expect(destination.assurance).toBe('accepted');
  tokens[token] = { ack: true };
  expect(await destination.deliver(batchOf('b'), noSignal)).toEqual({ items: [{ index: 0, verdict: 'delivered' }] });
  expect(destination.assurance).toBe('indexed');
});

it.each([
  [{ status: 404, body: 'Not Found' }, 'ack_unsupported'],
  [{ status: 405, body: '' }, 'ack_unsupported'],
  [{ status: 400, body: 'unsupported path requested' }, 'ack_unsupported'],
  [{ code: 14 }, 'ack_disabled'],
])('L5: reports degraded and the assurance accepted if a server responds %j about acknowledgements', async (...row) => {
  const [response, degraded] = row;
  const { destination, fake, log } = await startAcknowledging();
  fake.respondAlways('ack', response);
  expect(await destination.deliver(batchOf('a'), noSignal)).toEqual({
    items: [{ index: 0, verdict: 'delivered', degraded }],
  });
  expect(destination.assurance).toBe('accepted');
  expect(log.of(`destination.${degraded}`)).toHaveLength(1);
  expect(JSON.stringify(log.lines)).toContain('`ack: false`');
});

it('L5: delivers nothing if the server never acknowledges, and says what to do', async () => {
  const { destination, fake, clock, polled } = await startAcknowledging();
  fake.acks.setIndexing(false);
  const delivery = destination.deliver(batchOf('a'), noSignal);
  await polled(2);
  clock.nowMs += 1_000;
  const message = expect.stringContaining('`ack: false`');
  expect(await delivery).toMatchObject({ items: [{ verdict: 'unknown', code: 'ack_timeout', message }] });
});

it('L5: has advice for each code of degraded events', () => {
  const { degraded, codes } = splunkHecDestination;
  expect(Object.keys(degraded ?? {}).every((code) => codes.some((known) => known === code))).toBe(true);
  expect(Object.keys(degraded ?? {}).sort()).toEqual(['ack_disabled', 'ack_unsupported', 'not_acknowledged']);
});

it('reports degraded for events before a rejected one: the response contains no ackId', async () => {
  const { destination, fake } = await startAcknowledging();
  fake.refuse(({ event }) => (/bad/.test(JSON.stringify(event)) ? 15 : undefined));
  expect(await destination.deliver(batchOf('a', 'bad', 'b'), noSignal)).toMatchObject({
    items: [{ verdict: 'delivered', degraded: 'not_acknowledged' }, { verdict: 'rejected' }, { verdict: 'delivered' }],
  });
});

it('ends all waits when it is closed', async () => {
  const { destination, fake, polled } = await startAcknowledging();
  fake.acks.setIndexing(false);
  const delivery = destination.deliver(batchOf('a'), noSignal);
  await polled(1);
  await destination.close?.();
  expect(await delivery).toMatchObject({ items: [{ verdict: 'unknown', code: 'ack_timeout' }] });
});

it('warns if acknowledgement is on for Splunk Cloud', async () => {
  const config = { url: 'https://http-inputs-acme.splunkcloud.com:443', ack: true };
  const { log } = await startFixture(onTestFinished, { config });
  expect(log.of('destination.ack_unsupported')).toHaveLength(1);
  const { log: quiet } = await startFixture(onTestFinished, { config: { ...config, ack: false } });
  expect(quiet.lines).toEqual([]);
});
