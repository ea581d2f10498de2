import { Agent } from 'node:http';
import type { DeliveryReport } from '@xiq-siem/core';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { AckTracker } from './ack-tracker.ts';
import { envelopeOf } from './envelope.ts';
import type { TokenSlot } from './routes.ts';
import { createBatchSender } from './send-batch.ts';
import { batchOf, noSignal, otherToken, startFixture, token } from './test-harness.ts';

const auth = 'extreme_xiq.auth';
const sms = 'extreme_xiq.sms';

/** Verdict and code of each event, in order. */
function verdictsOf(report: DeliveryReport): unknown {
  if (!('items' in report)) return report;
  return report.items.map((item) => ('code' in item ? `${item.verdict} ${item.code}` : item.verdict));
}

it('sends a batch of several data sets as one request, in gzip, over one connection', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished);
  const batch = batchOf('a', { id: 'b', dataset: auth }, { id: 'c', dataset: sms });
  for (let time = 0; time < 5; time++) {
    expect(verdictsOf(await destination.deliver(batch, noSignal))).toEqual(['delivered', 'delivered', 'delivered']);
  }
  expect(idsOf()).toHaveLength(15);
  expect(fake.requests).toHaveLength(5);
  expect(fake.connections().opened).toBe(1);
  expect(fake.requests[0]).toMatchObject({
    method: 'POST',
    path: '/services/collector/event',
    headers: { authorization: `Splunk ${token}`, 'content-encoding': 'gzip', 'content-type': 'application/json' },
  });
});

it('does not compress if gzip is off', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { config: { gzip: false } });
  await destination.deliver(batchOf('a'), noSignal);
  expect(fake.requests[0]?.headers).not.toHaveProperty('content-encoding');
  expect(fake.requests[0]?.bytes).toBe(Buffer.byteLength(fake.requests[0]?.text ?? ''));
});

it.each(['/', '/splunk', '/splunk/', '/services/collector', '/splunk/services/collector/event'])(
  'finds the event endpoint below %s',
  async (path) => {
    const { fake } = await startFixture(onTestFinished);
    const { destination } = await startFixture(onTestFinished, { config: { url: `${fake.url}${path}` } });
    await destination.deliver(batchOf('a'), noSignal);
    const prefix = path.startsWith('/splunk') ? '/splunk' : '';
    expect(fake.requests[0]?.path).toBe(`${prefix}/services/collector/event`);
  },
);

it('rejects the events that HEC rejects, and delivers every other event once', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished);
  fake.refuse(({ event }) => (/bad/.test(JSON.stringify(event)) ? 15 : undefined));
  const report = await destination.deliver(batchOf('bad-0', 'a', 'b', 'bad-1', 'bad-2', 'c', 'bad-3'), noSignal);
  const bad = 'rejected invalid_indexed_fields';
  expect(verdictsOf(report)).toEqual([bad, 'delivered', 'delivered', bad, bad, 'delivered', bad]);
  expect(idsOf()).toEqual(['a', 'b', 'c']);
});

it('retries the rest if HEC fails during the batch', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished);
  fake.refuse(({ event }) => (/bad/.test(JSON.stringify(event)) ? 13 : undefined));
  fake.respondNext('event', { code: 0, indexed: true }, { code: 9, headers: { 'Retry-After': '2' } });
  const { destination: small } = await startFixture(onTestFinished, { config: { url: fake.url, maxBodyBytes: 1024 } });
  const long = (id: string) => ({ id, fields: { message: 'x'.repeat(900) } });
  const report = await small.deliver(batchOf(long('a'), long('b'), long('c')), noSignal);
  expect(verdictsOf(report)).toEqual(['delivered', 'retry server_busy', 'retry server_busy']);
  expect(report).toMatchObject({ slowDown: true, waitMs: 2_000 });
  expect(idsOf()).toEqual(['a']);
  expect(await destination.check?.(noSignal)).toMatchObject({ ok: true });
});

it('splits a batch that is larger than a request, and sends a larger event alone', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished, { config: { maxBodyBytes: 2048 } });
  const sized = (id: string, characters: number) => ({ id, fields: { message: 'x'.repeat(characters) } });
  const report = await destination.deliver(
    batchOf(sized('a', 700), sized('b', 700), sized('huge', 5_000), sized('c', 700)),
    noSignal,
  );
  expect(verdictsOf(report)).toEqual(['delivered', 'delivered', 'delivered', 'delivered']);
  expect(idsOf()).toEqual(['a', 'b', 'huge', 'c']);
  expect(fake.requests.map(({ text }) => text.trimEnd().split('\n').length)).toEqual([2, 1, 1]);
});

it('treats a format error for a body above 5 MiB as too large, as on Splunk Cloud', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { code: 6 }, { code: 6 });
  const giant = { id: 'giant', fields: { message: 'x'.repeat(5_300_000) } };
  const report = await destination.deliver(batchOf(giant, 'small', giant), noSignal);
  expect(verdictsOf(report)).toEqual(['rejected too_large', 'rejected invalid_data', 'delivered']);
});

it('blocks only the rejected index', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { index: 'missing' } } },
    fake: { tokens: { [token]: { indexes: ['network'] } } },
  });
  const batch = batchOf({ id: 'a', dataset: auth }, 'b', { id: 'c', dataset: auth }, 'd');
  const blocked = 'blocked incorrect_index';
  expect(verdictsOf(await destination.deliver(batch, noSignal))).toEqual([blocked, 'delivered', blocked, 'delivered']);
  expect(idsOf()).toEqual(['b', 'd']);
  expect(verdictsOf(await destination.deliver(batchOf({ id: 'a', dataset: auth }), noSignal))).toEqual([blocked]);
  expect(fake.events).toHaveLength(2);
});

it('uses the index of the destination for a data set without an index', async () => {
  const { destination, fake } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { sourcetype: 'own' }, [sms]: { index: 'phones' } } },
  });
  await destination.deliver(batchOf('a', { id: 'b', dataset: auth }, { id: 'c', dataset: sms }), noSignal);
  expect(fake.events.map(({ index, sourcetype }) => [index, sourcetype])).toEqual([
    ['network', 'extreme:xiq:audit'],
    ['network', 'own'],
    ['phones', 'extreme:xiq:sms'],
  ]);
});

it('blocks only the rejected token', async () => {
  const { destination, idsOf } = await startFixture(onTestFinished, {
    config: { datasets: { [auth]: { token: { env: 'OTHER_TOKEN' } } } },
    fake: { tokens: { [token]: {}, [otherToken]: { disabled: true } } },
  });
  const report = await destination.deliver(batchOf({ id: 'a', dataset: auth }, 'b'), noSignal);
  expect(verdictsOf(report)).toEqual(['blocked token_disabled', 'delivered']);
  expect(idsOf()).toEqual(['b']);
});

it('blocks only the token that may not write to the index', async () => {
  const { destination, idsOf } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { token: { env: 'OTHER_TOKEN' } } } },
    fake: { tokens: { [token]: { indexes: ['network'] }, [otherToken]: { indexes: ['elsewhere'] } } },
  });
  const report = await destination.deliver(batchOf({ id: 'a', dataset: auth }, 'b'), noSignal);
  expect(verdictsOf(report)).toEqual(['blocked incorrect_index', 'delivered']);
  expect(idsOf()).toEqual(['b']);
});

it('blocks only the sourcetype that a proxy forbids', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished);
  const forbidden = { status: 403, body: '<html>blocked</html>' };
  fake.respondNext('event', forbidden, forbidden);
  const report = await destination.deliver(
    batchOf({ id: 'a', dataset: auth }, 'b', { id: 'c', dataset: sms }),
    noSignal,
  );
  expect(verdictsOf(report)).toEqual(['blocked forbidden', 'delivered', 'delivered']);
  expect(idsOf()).toEqual(['b', 'c']);
});

it('blocks the rest if the token is disabled during the batch', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { config: { maxBodyBytes: 1024 } });
  const long = (id: string) => ({ id, fields: { message: 'x'.repeat(900) } });
  fake.respondNext('event', { code: 0, indexed: true }, { code: 4 });
  const report = await destination.deliver(batchOf(long('a'), long('b')), noSignal);
  expect(verdictsOf(report)).toEqual(['delivered', 'blocked invalid_token']);
});

it('reports the whole batch if one index is blocked and no event was accepted', async () => {
  const { destination, fake } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { index: 'missing' } } },
    fake: { tokens: { [token]: { indexes: ['network'] } } },
  });
  fake.respondNext('event', { code: 7 }, { code: 9 });
  const report = await destination.deliver(batchOf({ id: 'a', dataset: auth }, 'b'), noSignal);
  expect(report).toMatchObject({ batch: 'unavailable', code: 'server_busy' });
});

it('sends nothing to a second index after the server is busy', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { index: 'logins' } } },
  });
  fake.respondNext('event', { code: 9 });
  const report = await destination.deliver(batchOf({ id: 'a', dataset: auth }, 'b'), noSignal);
  expect(report).toMatchObject({ batch: 'unavailable', code: 'server_busy' });
  expect(fake.requests).toHaveLength(1);
  expect(idsOf()).toEqual([]);
});

it('reports a missing token, and sends no request', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { config: { token: { env: 'NOT_SET' } } });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'secret_unavailable',
  });
  expect(fake.requests).toEqual([]);
});

it('reports unknown if the response was lost', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished);
  fake.respondNext('event', { instead: 'reset', indexed: true });
  const report = await destination.deliver(batchOf('a', 'b'), noSignal);
  expect(verdictsOf(report)).toEqual(['unknown connection_lost', 'unknown connection_lost']);
  expect(idsOf()).toEqual(['a', 'b']);
});

it('stops waiting for a response at the time limit', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { unchecked: { requestTimeoutMs: 50 } });
  fake.respondNext('event', { instead: 'silence' });
  expect(verdictsOf(await destination.deliver(batchOf('a'), noSignal))).toEqual(['unknown timed_out']);
});

it.each<[string, unknown]>([
  ['aborted', new Error('shutdown')],
  ['timed_out', new DOMException('the time limit is over', 'TimeoutError')],
])('reports %s, and sends no more requests, when the signal fires', async (code, reason) => {
  const stop = new AbortController();
  const { destination, fake } = await startFixture(onTestFinished, { config: { maxBodyBytes: 1024 } });
  fake.respondAlways('event', { instead: 'silence' });
  const long = (id: string) => ({ id, fields: { message: 'x'.repeat(900) } });
  const delivery = destination.deliver(batchOf(long('a'), long('b')), stop.signal);
  await vi.waitFor(() => expect(fake.requests).toHaveLength(1));
  stop.abort(reason);
  expect(verdictsOf(await delivery)).toEqual([`unknown ${code}`, `retry ${code}`]);
  expect(await destination.deliver(batchOf('a'), stop.signal)).toMatchObject({ batch: 'unavailable', code });
  expect(fake.requests).toHaveLength(1);
});

it('reports a token with characters that HTTP forbids, and does not repeat it', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { config: { token: { env: 'BROKEN_TOKEN' } } });
  const report = await destination.deliver(batchOf('a'), noSignal);
  expect(report).toMatchObject({ batch: 'misconfigured', code: 'invalid_request' });
  expect(JSON.stringify(report)).toMatch(/Authorization.*correct the configured header or secret/);
  expect(JSON.stringify(report)).not.toContain('canary');
  expect(fake.requests).toEqual([]);
});

it('reports unavailable if no server listens', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  await fake.goDown();
  expect(await destination.deliver(batchOf('a', 'b'), noSignal)).toMatchObject({
    batch: 'unavailable',
    code: 'unreachable',
  });
  await fake.recover();
  expect(verdictsOf(await destination.deliver(batchOf('a'), noSignal))).toEqual(['delivered']);
});

it('sends nothing while too many requests wait for their acknowledgement', async () => {
  const posted: unknown[] = [];
  const token: TokenSlot = { secret: { current: () => [] } };
  const route = { token, index: undefined, sourcetype: 's', source: 's' };
  const ackTracker: AckTracker = {
    withChannel: () => undefined,
    outcome: async () => 'timeout',
    acknowledges: () => true,
    close() {},
  };
  const sendBatch = createBatchSender({
    client: {
      post: async (...args) => {
        posted.push(args);
        return { action: 'accepted', slowDown: false, ackId: 0 };
      },
      ack: async () => ({ reply: 'disabled' }),
      createLineAgent: () => new Agent(),
      health: async () => ({ kind: 'failed', code: 'aborted', sent: false, message: '' }),
      close() {},
    },
    routes: { tokens: [token], indexes: [undefined], of: () => route, coversAll: () => true },
    maxBodyBytes: 1_000,
    ackTrackers: new Map([[token, ackTracker]]),
    envelopes: ({ items }) => items.map((item) => envelopeOf(item, route, new Set())),
    onAccepted() {},
    onNoAck() {},
  });
  expect(await sendBatch(batchOf('a'), noSignal)).toMatchObject({
    batch: 'unavailable',
    code: 'ack_backlog_full',
    slowDown: true,
  });
  expect(posted).toEqual([]);
});
