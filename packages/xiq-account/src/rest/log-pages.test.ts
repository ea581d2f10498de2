import { expect, it, onTestFinished, vi } from 'vitest';
import { logTypes } from './log-pages.ts';
import { collect, cut, noSignal, rejection, respondWith, startFixture } from './test-api.ts';

const span = { fromMs: 1_636_337_187_553, toMs: 1_636_337_999_999 };
const events = (count: number) => Array.from({ length: count }, (_, index) => `{ "id" : 900719925474099${index} }`);

it.each(logTypes)('reads the %s log page by page', async (type) => {
  const { client, server, meter } = await startFixture(onTestFinished);
  server.logs.set(type, events(5));
  const pages = await collect(client.logs(type, { ...span, pageSize: 2 }, noSignal));
  expect(pages.map(({ elements }) => elements.length)).toEqual([2, 2, 1]);
  expect(pages.flatMap(({ elements }) => elements)).toEqual(events(5));
  expect(pages.at(-1)).toMatchObject({ page: 3, totalCount: 5, totalPages: 3 });
  expect(server.requests[2]).toMatchObject({ method: 'GET', path: `/logs/${type}` });
  expect(Object.fromEntries(server.requests[2]?.query ?? [])).toEqual({
    page: '3',
    limit: '2',
    startTime: '1636337187553',
    endTime: '1636337999999',
  });
  expect(meter.total('xiq_siem.api.requests', { endpoint: `logs_${type}`, status: '2xx' })).toBe(3);
});

it('keeps the text of an event: large ids, spaces, escapes and numbers', async () => {
  const { client, server } = await startFixture(onTestFinished);
  const odd = ['{"id":9223372036854775807,"n":1.0,"e":1e400}', '{ "text" : "a \\"]},\\u00e9" ,"data":[1] }', '{}'];
  server.logs.set('audit', odd);
  const [page] = await collect(client.logs('audit', span, noSignal));
  expect(page?.elements).toEqual(odd);
});

it('an empty span has one page without events', async () => {
  const { client } = await startFixture(onTestFinished);
  const pages = await collect(client.logs('sms', span, noSignal));
  expect(pages).toEqual([{ elements: [], page: 1, totalCount: 0, totalPages: 0 }]);
});

it('requests a failed page again, and no other', async () => {
  const { client, server, clock } = await startFixture(onTestFinished);
  server.logs.set('audit', events(3));
  const pages = client.logs('audit', { ...span, pageSize: 1 }, noSignal)[Symbol.asyncIterator]();
  await pages.next();
  server.instead.push(cut, respondWith(503));
  const second = pages.next();
  await vi.waitUntil(() => server.requests.length === 2 && clock.sleepers() === 1);
  await clock.advance(1_000);
  await vi.waitUntil(() => server.requests.length === 3 && clock.sleepers() === 1);
  await clock.advance(2_000);
  expect(await second).toMatchObject({ value: { page: 2, elements: events(3).slice(1, 2) } });
  expect(await pages.next()).toMatchObject({ value: { page: 3 } });
  expect(await pages.next()).toMatchObject({ done: true });
  expect(server.requests.map(({ query }) => query.get('page'))).toEqual(['1', '2', '2', '2', '3']);
});

it('a page without events is the last one, even if total_pages says more', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(respondWith(200, { data: [], page: 1, total_pages: 9, total_count: 9 }));
  const pages = await collect(client.logs('audit', span, noSignal));
  expect(pages).toEqual([{ elements: [], page: 1, totalCount: 9, totalPages: 9 }]);
  expect(server.requests).toHaveLength(1);
});

it('requests no page after the iteration ends', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.logs.set('audit', events(3));
  for await (const { page } of client.logs('audit', { ...span, pageSize: 1 }, noSignal)) if (page === 2) break;
  expect(server.requests).toHaveLength(2);
});

it.each([
  ['no total', { data: [], page: 1, total_pages: 1 }],
  ['data that is no list', { data: {}, page: 1, total_pages: 1, total_count: 1 }],
  ['the wrong page', { data: [{}], page: 3, total_pages: 3, total_count: 3 }],
  ['too many pages', { data: [{}], page: 1, total_pages: 1_000_001, total_count: 3 }],
  ['a plain list', [{}]],
])('%s is an invalid response', async (_case, body) => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(respondWith(200, body));
  expect((await rejection(collect(client.logs('audit', span, noSignal)))).code).toBe('xiq_invalid_response');
});

it.each([[{ fromMs: 2, toMs: 2 }], [{ fromMs: Number.NaN, toMs: 2 }], [{ ...span, pageSize: 101 }]])(
  'sends no request for an invalid span: %j',
  async (wrong) => {
    const { client, server } = await startFixture(onTestFinished);
    expect((await rejection(collect(client.logs('audit', wrong, noSignal)))).code).toBe('usage');
    expect(server.requests).toEqual([]);
  },
);

it('names the missing permission', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(respondWith(403, { error_code: 'FORBIDDEN', error_message: 'no' }));
  const refused = await rejection(collect(client.logs('audit', span, noSignal)));
  expect(refused).toMatchObject({ code: 'xiq_forbidden', exitCode: 77 });
  expect(refused.message).toContain('log:r');
});
