import { describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, destinationAt, manyIds, noSignal } from './test-context.ts';
import { partialSuccess, type Script, type ScriptedResponse, startOtlpServer } from './test-server.ts';

async function fixture(script: Script, config: object = {}) {
  const server = await startOtlpServer(script);
  const made = await destinationAt(server.url, config);
  onTestFinished(async () => {
    await made.destination.close?.();
    await server.stop();
  });
  const send = (ids: readonly string[], signal = noSignal) => made.destination.deliver(batchOf(ids), signal);
  return { server, send, logged: made.logged };
}

const refusal: ScriptedResponse = { status: 400, headers: { 'content-type': 'text/plain' }, body: 'bad timestamp' };
const refuse =
  (...bad: readonly string[]): Script =>
  ({ ids }) =>
    ids.some((id) => bad.includes(id)) ? refusal : undefined;

function countOf(report: Awaited<ReturnType<Awaited<ReturnType<typeof fixture>>['send']>>) {
  if ('batch' in report) return { [report.batch]: 1 };
  const counts: Record<string, number> = {};
  for (const item of report.items) {
    const key = 'code' in item ? `${item.verdict} ${item.code}` : item.verdict;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe('bad data (400)', () => {
  it('of one event rejects it, with the words of the server', async () => {
    const { send } = await fixture(refuse('a'));
    expect(await send(['a'])).toEqual({
      items: [{ index: 0, verdict: 'rejected', code: 'bad_data', message: 'HTTP 400: bad timestamp' }],
    });
  });

  it('in a batch is found by halving, and all others are delivered once', async () => {
    const ids = manyIds(500);
    const { server, send } = await fixture(refuse('id-7', 'id-311'));
    const report = await send(ids);
    expect(countOf(report)).toEqual({ delivered: 498, 'rejected bad_data': 2 });
    expect(report).toMatchObject({ items: { 7: { verdict: 'rejected' }, 311: { verdict: 'rejected' } } });
    expect([...server.taken].sort()).toEqual(ids.filter((id) => id !== 'id-7' && id !== 'id-311').sort());
    expect(server.requests.length).toBeLessThan(40);
  });

  it('in more events than 64 requests can find leaves the rest for another time, at a slower pace', async () => {
    const ids = manyIds(500);
    const bad = ids.filter((_, index) => index % 10 === 0);
    const { server, send } = await fixture(refuse(...bad));
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
    expect([...server.taken].sort()).toEqual(ids.filter((id) => !bad.includes(id)).sort());
  });

  it('wherever one looks asks for smaller batches, in which each event is refused for itself', async () => {
    const { server, send } = await fixture(() => refusal);
    expect(await send(manyIds(500))).toMatchObject({ batch: 'unavailable', code: 'not_sent', slowDown: true });
    expect(server.requests).toHaveLength(64);
    expect(countOf(await send(manyIds(32)))).toEqual({ 'rejected bad_data': 32 });
  });
});

describe('partial success', () => {
  it('rejects all, since nobody says which, and sends none of them again on its own', async () => {
    const { server, send, logged } = await fixture(() => partialSuccess(2, 'field too long'));
    const report = await send(manyIds(5));
    const message = '2 of 5 events of one request rejected, the server does not say which: field too long';
    expect(report).toEqual({
      items: [0, 1, 2, 3, 4].map((index) => ({ index, verdict: 'rejected', code: 'partial_unknown', message })),
    });
    expect(server.requests).toHaveLength(1);
    expect(logged).toMatchObject([{ event: 'destination.server_warning', attributes: { message } }]);
  });

  it('is followed by requests of one event, so that culprits get names, until ten have passed whole', async () => {
    const picky: Script = ({ ids }) => {
      const bad = ids.filter((id) => id.startsWith('bad')).length;
      return bad === 0 ? undefined : partialSuccess(bad, 'no');
    };
    const { server, send } = await fixture(picky);
    await send(['bad-0', 'a']);
    server.requests.length = 0;

    const report = await send(['b', 'bad-1', ...manyIds(200)]);
    expect(countOf(report)).toEqual({ delivered: 201, 'rejected rejected': 1 });
    expect(report).toMatchObject({ items: { 1: { verdict: 'rejected', code: 'rejected', message: 'no' } } });
    const sizes = server.requests.map(({ ids }) => ids.length);
    expect(sizes).toEqual([...Array(12).fill(1), ...Array(10).fill(10), 90]);

    server.requests.length = 0;
    for (let batch = 0; batch < 10; batch++) await send(manyIds(150));
    expect(server.requests.at(0)?.ids).toHaveLength(100);
    expect(server.requests.at(-1)?.ids).toHaveLength(150);
  });

  it('of a server that rejects everything names every event, and changes no size', async () => {
    const { server, send } = await fixture(({ ids }) => partialSuccess(ids.length, 'read-only'));
    for (let batch = 0; batch < 3; batch++) {
      expect(countOf(await send(manyIds(50)))).toEqual({ 'rejected rejected': 50 });
    }
    expect(server.requests).toHaveLength(3);
  });
});

describe('size', () => {
  it('beyond maxRequestBytes is the engine’s to divide, before anything is sent', async () => {
    const { server, send } = await fixture(() => undefined, { maxRequestBytes: 4096 });
    expect(await send(manyIds(500))).toMatchObject({ batch: 'tooLarge', code: 'too_large' });
    expect(server.requests).toEqual([]);
    expect(countOf(await send(manyIds(10)))).toEqual({ delivered: 10 });
  });

  it('of one event beyond it rejects that one', async () => {
    const { send } = await fixture(() => undefined, { maxRequestBytes: 1024 });
    expect(countOf(await send(['x'.repeat(2000)]))).toEqual({ 'rejected too_large': 1 });
  });

  it('that a collector calls bad data is too large all the same', async () => {
    const body = '{"code":3,"message":"http: request body too large"}';
    const { send } = await fixture(() => ({ status: 400, headers: { 'content-type': 'application/json' }, body }));
    expect(await send(['a', 'b'])).toMatchObject({ batch: 'tooLarge', code: 'too_large' });
  });
});

describe('a server that goes away between two requests of a batch', () => {
  it('leaves what it took delivered, and the rest to be sent again', async () => {
    const { send } = await fixture(({ ids }, count) =>
      count === 1 ? refusal : ids.includes('id-0') ? undefined : { status: 503, headers: { 'retry-after': '9' } },
    );
    const report = await send(manyIds(4));
    expect(countOf(report)).toEqual({ delivered: 2, 'retry service_unavailable': 2 });
    expect(report.waitMs).toBe(9_000);
  });

  it('or refuses our credentials holds the rest', async () => {
    const { send } = await fixture(({ ids }, count) =>
      count === 1 ? refusal : ids.includes('id-0') ? undefined : { status: 403 },
    );
    expect(countOf(await send(manyIds(4)))).toEqual({ delivered: 2, 'held forbidden': 2 });
  });

  it('or hangs up leaves those unknown that were under way', async () => {
    const { send } = await fixture(({ ids }, count) =>
      count === 1 ? refusal : ids.includes('id-0') ? { instead: 'hangUp' } : undefined,
    );
    expect(countOf(await send(manyIds(4)))).toEqual({ 'unknown connection_lost': 2, 'retry connection_lost': 2 });
  });

  it('or is too slow for all of them leaves the rest to be sent again, at a slower pace', async () => {
    const abort = new AbortController();
    const { send } = await fixture(({ ids }, count) => {
      if (count === 1) return refusal;
      if (ids.includes('id-0')) return undefined;
      if (ids.length > 1) return refusal;
      abort.abort(new DOMException('the time for the batch is over', 'TimeoutError'));
      return { instead: 'silence' };
    });
    const report = await send(manyIds(4), abort.signal);
    expect(countOf(report)).toEqual({ delivered: 2, 'unknown timed_out': 1, 'retry timed_out': 1 });
    expect(report.slowDown).toBe(true);
  });
});
