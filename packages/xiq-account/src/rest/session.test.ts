import { expect, it, onTestFinished, vi } from 'vitest';
import {
  byLogin,
  error,
  json,
  longLivedToken,
  noSignal,
  password,
  rejection,
  respondWith,
  secretSource,
  startFixture,
  user,
} from './test-api.ts';

const loginFixture = (api = {}) => startFixture(onTestFinished, { credentials: byLogin, api });

it('logs in once for two concurrent callers, and calls with the token', async () => {
  const { client, server } = await loginFixture();
  await Promise.all([client.subscriptions.list(noSignal), client.subscriptions.list(noSignal)]);
  expect(server.logins()).toBe(1);
  expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/login', authorization: undefined });
  expect(server.requests[2]).toMatchObject({ authorization: expect.stringContaining('Bearer eyJ') });
});

it('renews its token shortly before it expires', async () => {
  const { client, server, clock } = await loginFixture({ expiresInSeconds: 3_600 });
  await client.subscriptions.list(noSignal);
  await clock.advance(54 * 60_000);
  await client.subscriptions.list(noSignal);
  expect(server.logins()).toBe(1);
  await clock.advance(60_000);
  await client.subscriptions.list(noSignal);
  expect(server.logins()).toBe(2);
  expect(server.requests.filter(({ path }) => path !== '/login')).toHaveLength(3);
});

it('renews a token that XIQ no longer accepts with one login for all callers', async () => {
  const { client, server } = await loginFixture();
  await client.subscriptions.list(noSignal);
  server.tokens.clear();
  await Promise.all([client.subscriptions.list(noSignal), client.subscriptions.list(noSignal)]);
  expect(server.logins()).toBe(2);
});

it('rejects the call if a renewed token is refused as well', async () => {
  const { client, server } = await loginFixture();
  const unknown = respondWith(401, error('AUTH_TOKEN_INVALID', 'no'));
  server.instead.push(
    respondWith(200, { access_token: 'a' }),
    unknown,
    respondWith(200, { access_token: 'b' }),
    unknown,
  );
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused).toMatchObject({ code: 'xiq_unauthorized', exitCode: 77 });
  expect(refused.message).toContain('The token of a new login is refused as well');
  expect(server.requests).toHaveLength(4);
});

it('a refused long-lived token is reported, and the call is not repeated', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.tokens.clear();
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('xiq_unauthorized');
  expect(refused.message).toBe(
    `Listing the webhook subscriptions at ${server.baseUrl}: response 401, AUTH_TOKEN_INVALID "no such token: [secret]" (error e-1). The API token is invalid, expired or revoked: create a new one in ExtremeCloud IQ and store it where the configuration says.`,
  );
  expect(server.requests).toHaveLength(1);
});

it('uses a long-lived token that was replaced during the call', async () => {
  let value = 'old';
  const token = { current: () => secretSource(value).current() };
  const { client, server } = await startFixture(onTestFinished, { credentials: { token } });
  server.instead.push((response) => {
    value = longLivedToken;
    json(response, 401, error('AUTH_TOKEN_INVALID', 'no'));
  });
  expect(await client.subscriptions.list(noSignal)).toEqual([]);
});

it.each([
  ['none', secretSource(), 'there is no API token'],
  ['one with a line break', secretSource('canary\ntoken'), 'contains invalid characters'],
])('sends no request with an invalid token: %s', async (_case, token, message) => {
  const { client, server } = await startFixture(onTestFinished, { credentials: { token } });
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('xiq_unauthorized');
  expect(refused.message).toContain(message);
  expect(server.requests).toEqual([]);
});

it('a wrong password is reported, and not sent again for five minutes', async () => {
  let current = 'canary-wrong';
  const credentials = { username: secretSource(user), password: { current: () => secretSource(current).current() } };
  const { client, server, clock } = await startFixture(onTestFinished, { credentials });
  for (let time = 0; time < 3; time++) {
    const refused = await rejection(client.subscriptions.list(noSignal));
    expect(refused.code).toBe('xiq_unauthorized');
    expect(refused.message).toContain('The user name or the password is wrong');
  }
  expect(server.requests).toHaveLength(1);
  await clock.advance(300_000);
  await rejection(client.subscriptions.list(noSignal));
  expect(server.requests).toHaveLength(2);
  current = password;
  expect(await client.subscriptions.list(noSignal)).toEqual([]);
});

it('an aborted caller does not abort the shared login; when all callers abort, it ends', async () => {
  const { client, server } = await loginFixture();
  let closed = false;
  server.instead.push((response) => {
    response.once('close', () => {
      closed = true;
    });
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const calls = [first, second].map(({ signal }) => client.subscriptions.list(signal));
  const outcomes = Promise.allSettled(calls);
  await vi.waitUntil(() => server.requests.length === 1);
  first.abort(new Error('first aborted'));
  await expect(calls[0]).rejects.toThrow('first aborted');
  expect(closed).toBe(false);
  second.abort(new Error('second aborted'));
  await expect(calls[1]).rejects.toThrow('second aborted');
  await vi.waitUntil(() => closed);
  await outcomes;
  expect(await client.subscriptions.list(noSignal)).toEqual([]);
});

it('logout revokes the token of a login, and the next call logs in again', async () => {
  const { client, server } = await loginFixture();
  await client.subscriptions.list(noSignal);
  expect(server.tokens.size).toBe(2);
  await client.logout(noSignal);
  expect([...server.tokens]).toEqual([longLivedToken]);
  await client.logout(noSignal);
  await client.subscriptions.list(noSignal);
  expect(server.requests.map(({ path }) => path.split('/')[1])).toEqual([
    'login',
    'subscriptions',
    'logout',
    'login',
    'subscriptions',
  ]);
});

it('logout does not revoke a long-lived token', async () => {
  const { client, server } = await startFixture(onTestFinished);
  await client.logout(noSignal);
  expect(server.requests).toEqual([]);
});

it('a failed logout is only logged', async () => {
  const { client, server, log } = await loginFixture();
  await client.subscriptions.list(noSignal);
  server.instead.push(respondWith(500));
  await client.logout(noSignal);
  expect(log.of('xiq_api.logout_failed')).toMatchObject([{ level: 'warn', attributes: { reason: 'xiq_unavailable' } }]);
});

it.each([
  ['no token', { expires_in: 5 }],
  ['a token with characters that are invalid in a header', { access_token: 'a b', expires_in: 5 }],
  ['an invalid expiry', { access_token: 'a', expires_in: 'soon' }],
])('a login response with %s is invalid', async (_case, body) => {
  const { client, server } = await loginFixture();
  server.instead.push(respondWith(200, body));
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused).toMatchObject({ code: 'xiq_invalid_response', exitCode: 76 });
});
