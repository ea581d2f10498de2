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

it('sends as it is where gzip is off', async () => {
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

it('rejects the events that HEC names, and has every other of the batch indexed once', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished);
  fake.refuse(({ event }) => (/bad/.test(JSON.stringify(event)) ? 15 : undefined));
  const report = await destination.deliver(batchOf('bad-0', 'a', 'b', 'bad-1', 'bad-2', 'c', 'bad-3'), noSignal);
  const bad = 'rejected indexed_fields';
  expect(verdictsOf(report)).toEqual([bad, 'delivered', 'delivered', bad, bad, 'delivered', bad]);
  expect(idsOf()).toEqual(['a', 'b', 'c']);
});

it('keeps what is left for another time when HEC fails in the middle', async () => {
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

it('splits what is larger than a request may be, and sends a larger event alone', async () => {
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

it('takes a format error of a body above 5 MiB for one of size, as Splunk Cloud means it', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  fake.respondNext('event', { code: 6 }, { code: 6 });
  const giant = { id: 'giant', fields: { message: 'x'.repeat(5_300_000) } };
  const report = await destination.deliver(batchOf(giant, 'small', giant), noSignal);
  expect(verdictsOf(report)).toEqual(['rejected too_large', 'rejected invalid_data', 'delivered']);
});

it('holds only the index that is refused', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { index: 'missing' } } },
    fake: { tokens: { [token]: { indexes: ['network'] } } },
  });
  const batch = batchOf({ id: 'a', dataset: auth }, 'b', { id: 'c', dataset: auth }, 'd');
  const blocked = 'held incorrect_index';
  expect(verdictsOf(await destination.deliver(batch, noSignal))).toEqual([blocked, 'delivered', blocked, 'delivered']);
  expect(idsOf()).toEqual(['b', 'd']);
  expect(verdictsOf(await destination.deliver(batchOf({ id: 'a', dataset: auth }), noSignal))).toEqual([blocked]);
  expect(fake.events).toHaveLength(2);
});

it('writes a data set without an index of its own to that of the destination', async () => {
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

it('holds only the token that is refused', async () => {
  const { destination, idsOf } = await startFixture(onTestFinished, {
    config: { datasets: { [auth]: { token: { env: 'OTHER_TOKEN' } } } },
    fake: { tokens: { [token]: {}, [otherToken]: { disabled: true } } },
  });
  const report = await destination.deliver(batchOf({ id: 'a', dataset: auth }, 'b'), noSignal);
  expect(verdictsOf(report)).toEqual(['held token_disabled', 'delivered']);
  expect(idsOf()).toEqual(['b']);
});

it('holds only what one token may not write to an index that another may', async () => {
  const { destination, idsOf } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { token: { env: 'OTHER_TOKEN' } } } },
    fake: { tokens: { [token]: { indexes: ['network'] }, [otherToken]: { indexes: ['elsewhere'] } } },
  });
  const report = await destination.deliver(batchOf({ id: 'a', dataset: auth }, 'b'), noSignal);
  expect(verdictsOf(report)).toEqual(['held incorrect_index', 'delivered']);
  expect(idsOf()).toEqual(['b']);
});

it('holds only the sourcetype that something on the way forbids', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished);
  const forbidden = { status: 403, body: '<html>blocked</html>' };
  fake.respondNext('event', forbidden, forbidden);
  const report = await destination.deliver(
    batchOf({ id: 'a', dataset: auth }, 'b', { id: 'c', dataset: sms }),
    noSignal,
  );
  expect(verdictsOf(report)).toEqual(['held forbidden', 'delivered', 'delivered']);
  expect(idsOf()).toEqual(['b', 'c']);
});

it('holds, and does not count against an event, that the token was taken away in the middle', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { config: { maxBodyBytes: 1024 } });
  const long = (id: string) => ({ id, fields: { message: 'x'.repeat(900) } });
  fake.respondNext('event', { code: 0, indexed: true }, { code: 4 });
  const report = await destination.deliver(batchOf(long('a'), long('b')), noSignal);
  expect(verdictsOf(report)).toEqual(['delivered', 'held invalid_token']);
});

it('answers for the whole batch where one index is held and nothing else was taken', async () => {
  const { destination, fake } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { index: 'missing' } } },
    fake: { tokens: { [token]: { indexes: ['network'] } } },
  });
  fake.respondNext('event', { code: 7 }, { code: 9 });
  const report = await destination.deliver(batchOf({ id: 'a', dataset: auth }, 'b'), noSignal);
  expect(report).toMatchObject({ batch: 'unavailable', code: 'server_busy' });
});

it('sends nothing to a second index once the server is busy, and answers for what is left', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished, {
    config: { index: 'network', datasets: { [auth]: { index: 'logins' } } },
  });
  fake.respondNext('event', { code: 9 });
  const report = await destination.deliver(batchOf({ id: 'a', dataset: auth }, 'b'), noSignal);
  expect(report).toMatchObject({ batch: 'unavailable', code: 'server_busy' });
  expect(fake.requests).toHaveLength(1);
  expect(idsOf()).toEqual([]);
});

it('says that there is no token, and asks nobody', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { config: { token: { env: 'NOT_SET' } } });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ batch: 'misconfigured', code: 'no_token' });
  expect(fake.requests).toEqual([]);
});

it('does not know what became of events whose answer was lost', async () => {
  const { destination, fake, idsOf } = await startFixture(onTestFinished);
  fake.respondNext('event', { instead: 'reset', indexed: true });
  const report = await destination.deliver(batchOf('a', 'b'), noSignal);
  expect(verdictsOf(report)).toEqual(['unknown connection_lost', 'unknown connection_lost']);
  expect(idsOf()).toEqual(['a', 'b']);
});

it('gives up on an answer that does not come in time', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { unchecked: { requestTimeoutMs: 50 } });
  fake.respondNext('event', { instead: 'silence' });
  expect(verdictsOf(await destination.deliver(batchOf('a'), noSignal))).toEqual(['unknown timed_out']);
});

it.each<[string, unknown]>([
  ['aborted', new Error('shutdown')],
  ['timed_out', new DOMException('the time for the batch is over', 'TimeoutError')],
])('says %s, and sends no more, once the signal fires for it', async (code, reason) => {
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

it('names a token that no header can hold, and does not repeat it', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { config: { token: { env: 'BROKEN_TOKEN' } } });
  const report = await destination.deliver(batchOf('a'), noSignal);
  expect(report).toMatchObject({ batch: 'misconfigured', code: 'invalid_request' });
  expect(JSON.stringify(report)).toMatch(/Authorization.*correct the configured header or secret/);
  expect(JSON.stringify(report)).not.toContain('canary');
  expect(fake.requests).toEqual([]);
});

it('knows that nothing was sent where nobody listens', async () => {
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
    channel: () => 'c',
    hasRoom: () => false,
    outcome: async () => 'late',
    retire() {},
    close() {},
  };
  const sendBatch = createBatchSender({
    client: {
      post: async (...question) => {
        posted.push(question);
        return { action: 'taken', slowDown: false, ackId: 0 };
      },
      acks: async () => ({ kind: 'disabled' }),
      health: async () => ({ kind: 'failed', code: 'aborted', sent: false, message: '' }),
      close() {},
    },
    routes: { tokens: [token], indexes: [undefined], of: () => route, coversAll: () => true },
    maxBodyBytes: 1_000,
    ackTrackers: new Map([[token, ackTracker]]),
    envelopes: ({ items }) => items.map((item) => envelopeOf(item, route, new Set())),
    onTaken() {},
    onNoAck() {},
  });
  expect(await sendBatch(batchOf('a'), noSignal)).toMatchObject({
    batch: 'unavailable',
    code: 'ack_pending_full',
    slowDown: true,
  });
  expect(posted).toEqual([]);
});
