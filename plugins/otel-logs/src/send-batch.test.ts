import { describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, destinationAt, manyIds, noSignal } from './test-context.ts';
import { partialSuccess, type Script, type ScriptedResponse, startOtlpServer } from './test-server.ts';

async function fixture(script: Script, config: object = {}) {
  const server = await startOtlpServer(script);
  const created = await destinationAt(server.url, config);
  onTestFinished(async () => {
    await created.destination.close?.();
    await server.stop();
  });
  const send = (ids: readonly string[], signal = noSignal) => created.destination.deliver(batchOf(ids), signal);
  return { server, send, logged: created.logged };
}

const hint = 'if every event gets it, check `protocol` and the path of `url`';
const badRequest: ScriptedResponse = { status: 400, headers: { 'content-type': 'text/plain' }, body: 'bad timestamp' };
const rejecting =
  (...bad: readonly string[]): Script =>
  ({ ids }) =>
    ids.some((id) => bad.includes(id)) ? badRequest : undefined;

function countOf(report: Awaited<ReturnType<Awaited<ReturnType<typeof fixture>>['send']>>) {
  if ('batch' in report) return { [report.batch]: 1 };
  const counts: Record<string, number> = {};
  for (const item of report.items) {
    const key = 'code' in item ? `${item.verdict} ${item.code}` : item.verdict;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe('a bad request (400)', () => {
  it('of one event rejects it with the server message', async () => {
    const { send } = await fixture(rejecting('a'));
    expect(await send(['a'])).toEqual({
      items: [{ index: 0, verdict: 'rejected', code: 'bad_request', message: `HTTP 400: bad timestamp (${hint})` }],
    });
  });

  it('of a batch: halving finds the rejected events, and all others are delivered once', async () => {
    const ids = manyIds(500);
    const { server, send } = await fixture(rejecting('id-7', 'id-311'));
    const report = await send(ids);
    expect(countOf(report)).toEqual({ delivered: 498, 'rejected bad_request': 2 });
    expect(report).toMatchObject({ items: { 7: { verdict: 'rejected' }, 311: { verdict: 'rejected' } } });
    expect([...server.accepted].sort()).toEqual(ids.filter((id) => id !== 'id-7' && id !== 'id-311').sort());
    expect(server.requests.length).toBeLessThan(40);
  });

  it('of more events than 64 requests can find: the rest is sent again in smaller batches', async () => {
    const ids = manyIds(500);
    const bad = ids.filter((_, index) => index % 10 === 0);
    const { server, send } = await fixture(rejecting(...bad));
    let rest = ids;
    let size = ids.length;
    for (let round = 0; rest.length > 0 && round < 50; round++) {
      server.requests.length = 0;
      const report = await send(rest.slice(0, size));
      if (report.slowDown) size = Math.ceil(size / 2);
      if ('batch' in report) continue;
      expect(server.requests.length).toBeLessThanOrEqual(64);
      const again = report.items.filter(({ verdict }) => verdict === 'retry');
      expect(report.slowDown).toBe(again.length > 0 ? true : undefined);
      for (const { index, verdict } of report.items) {
        if (verdict === 'rejected') expect(bad).toContain(rest[index]);
      }
      rest = [...again.map(({ index }) => rest[index] ?? ''), ...rest.slice(report.items.length)];
    }
    expect(rest).toEqual([]);
    expect([...server.accepted].sort()).toEqual(ids.filter((id) => !bad.includes(id)).sort());
  });

  it('of every event: asks for smaller batches, in which each event is rejected', async () => {
    const { server, send } = await fixture(() => badRequest);
    expect(await send(manyIds(500))).toMatchObject({
      batch: 'unavailable',
      code: 'split_limit_reached',
      slowDown: true,
    });
    expect(server.requests).toHaveLength(64);
    expect(countOf(await send(manyIds(32)))).toEqual({ 'rejected bad_request': 32 });
  });
});

describe('partial success', () => {
  it('rejects all events if the server does not say which, and does not send them again', async () => {
    const { server, send, logged } = await fixture(() => partialSuccess(2, 'field too long'));
    const report = await send(manyIds(5));
    const message = '2 of 5 events of one request rejected, the server does not say which: field too long';
    expect(report).toEqual({
      items: [0, 1, 2, 3, 4].map((index) => ({ index, verdict: 'rejected', code: 'partial_rejection', message })),
    });
    expect(server.requests).toHaveLength(1);
    expect(logged).toMatchObject([{ event: 'destination.server_warning', attributes: { message } }]);
  });

  it('is followed by requests of one event, until the server accepts ten of them', async () => {
    const partlyRejecting: Script = ({ ids }) => {
      const bad = ids.filter((id) => id.startsWith('bad')).length;
      return bad === 0 ? undefined : partialSuccess(bad, 'no');
    };
    const { server, send } = await fixture(partlyRejecting);
    await send(['bad-0', 'a']);
    server.requests.length = 0;

    const report = await send(['b', 'bad-1', ...manyIds(200)]);
    expect(countOf(report)).toEqual({ delivered: 201, 'rejected event_rejected': 1 });
    expect(report).toMatchObject({ items: { 1: { verdict: 'rejected', code: 'event_rejected', message: 'no' } } });
    const sizes = server.requests.map(({ ids }) => ids.length);
    expect(sizes).toEqual([...Array(12).fill(1), ...Array(10).fill(10), 90]);

    server.requests.length = 0;
    for (let batch = 0; batch < 10; batch++) await send(manyIds(150));
    expect(server.requests.at(0)?.ids).toHaveLength(100);
    expect(server.requests.at(-1)?.ids).toHaveLength(150);
  });

  it('that rejects all events rejects each one, and does not change the request size', async () => {
    const { server, send } = await fixture(({ ids }) => partialSuccess(ids.length, 'read-only'));
    for (let batch = 0; batch < 3; batch++) {
      expect(countOf(await send(manyIds(50)))).toEqual({ 'rejected event_rejected': 50 });
    }
    expect(server.requests).toHaveLength(3);
  });
});

describe('size', () => {
  it('beyond maxRequestBytes is reported as too large before anything is sent', async () => {
    const { server, send } = await fixture(() => undefined, { maxRequestBytes: 4096 });
    expect(await send(manyIds(500))).toMatchObject({ batch: 'tooLarge', code: 'too_large' });
    expect(server.requests).toEqual([]);
    expect(countOf(await send(manyIds(10)))).toEqual({ delivered: 10 });
  });

  it('of one event beyond maxRequestBytes rejects it', async () => {
    const { send } = await fixture(() => undefined, { maxRequestBytes: 1024 });
    expect(countOf(await send(['x'.repeat(2000)]))).toEqual({ 'rejected too_large': 1 });
  });

  it('is too large also if the collector reports it with 400', async () => {
    const body = '{"code":3,"message":"http: request body too large"}';
    const { send } = await fixture(() => ({ status: 400, headers: { 'content-type': 'application/json' }, body }));
    expect(await send(['a', 'b'])).toMatchObject({ batch: 'tooLarge', code: 'too_large' });
  });
});

describe('a server that fails between two requests of a batch', () => {
  it('accepted events are delivered, and the rest is retried', async () => {
    const { send } = await fixture(({ ids }, count) =>
      count === 1 ? badRequest : ids.includes('id-0') ? undefined : { status: 503, headers: { 'retry-after': '9' } },
    );
    const report = await send(manyIds(4));
    expect(countOf(report)).toEqual({ delivered: 2, 'retry service_unavailable': 2 });
    expect(report.waitMs).toBe(9_000);
  });

  it('if it rejects the credentials, the rest is blocked', async () => {
    const { send } = await fixture(({ ids }, count) =>
      count === 1 ? badRequest : ids.includes('id-0') ? undefined : { status: 403 },
    );
    expect(countOf(await send(manyIds(4)))).toEqual({ delivered: 2, 'blocked forbidden': 2 });
  });

  it('if it closes the connection, the events of that request are unknown', async () => {
    const { send } = await fixture(({ ids }, count) =>
      count === 1 ? badRequest : ids.includes('id-0') ? { instead: 'reset' } : undefined,
    );
    expect(countOf(await send(manyIds(4)))).toEqual({ 'unknown connection_lost': 2, 'retry connection_lost': 2 });
  });

  it('if the time limit ends the batch, the rest is retried and fewer events are sent at once', async () => {
    const abort = new AbortController();
    const { send } = await fixture(({ ids }, count) => {
      if (count === 1) return badRequest;
      if (ids.includes('id-0')) return undefined;
      if (ids.length > 1) return badRequest;
      abort.abort(new DOMException('the time limit is over', 'TimeoutError'));
      return { instead: 'noResponse' };
    });
    const report = await send(manyIds(4), abort.signal);
    expect(countOf(report)).toEqual({ delivered: 2, 'unknown timed_out': 1, 'retry timed_out': 1 });
    expect(report.slowDown).toBe(true);
  });
});
