import { expect, it, onTestFinished } from 'vitest';
import { cut, noSignal, rejection, respondWith, startFixture, text } from './test-api.ts';

const big = '9007199254740993';

it.each([
  ['both tell the same account', '{"id":1091,"name":" ACME "}', 200, '{"owner_id":1091}', { id: '1091', name: 'ACME' }],
  ['beyond 2^53', `{"id":${big},"name":"A"}`, 200, `{"owner_id":${big}}`, { id: big, name: 'A' }],
  ['a guest in another account', '{"id":1,"name":"Partner"}', 200, '{"owner_id":2}', { id: '2', name: undefined }],
  ['no permission for the second', '{"id":1,"name":"A"}', 403, '{}', { id: '1', name: 'A' }],
  ['an API without the second', '{"id":1,"name":"A"}', 404, '{}', { id: '1', name: 'A' }],
  ['an owner that is none', '{"id":1,"name":null}', 200, '{"owner_id":0}', { id: '1', name: undefined }],
  ['no owner', '{"id":1,"name":""}', 200, '{"vhm_id":"x","owner_id":null}', { id: '1', name: undefined }],
])('%s', async (_case, home, status, viq, identity) => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(
    (response) => text(response, 200, home),
    (response) => text(response, status, viq),
  );
  expect(await client.identity(noSignal)).toEqual(identity);
  expect(server.requests.map(({ path }) => path)).toEqual(['/account/home', '/account/viq']);
});

it.each([
  ['refused', respondWith(403, {}), 'xiq_forbidden'],
  ['without an id', respondWith(200, { name: 'ACME' }), 'xiq_invalid_response'],
  ['of account 0', respondWith(200, { id: 0, name: 'ACME' }), 'xiq_invalid_response'],
  ['with a name of any length', respondWith(200, { id: 1, name: 'A'.repeat(2_000) }), 'xiq_invalid_response'],
])('a response that is %s is an error', async (_case, respond, code) => {
  const { client, server } = await startFixture(onTestFinished);
  server.instead.push(respond);
  const refused = await rejection(client.identity(noSignal));
  expect([refused.code, refused.message]).toEqual([code, expect.stringMatching(/^Reading the account at http/)]);
});

it('a request that is cut is sent again', async () => {
  const { client, server, clock } = await startFixture(onTestFinished);
  server.instead.push(cut, respondWith(200, { id: 5, name: 'A' }), respondWith(200, { owner_id: 5 }));
  const reading = client.identity(noSignal);
  while (clock.sleepers() === 0) await new Promise(setImmediate);
  await clock.advance(1_000);
  expect(await reading).toEqual({ id: '5', name: 'A' });
});
