import { expect, it, onTestFinished, vi } from 'vitest';
import {
  answering,
  byLogin,
  error,
  json,
  longLivedToken,
  noSignal,
  password,
  rejection,
  secretSource,
  startFixture,
  user,
} from './test-api.ts';

const loginFixture = (api = {}) => startFixture(onTestFinished, { credentials: byLogin, api });

it('logs in once for two callers at once, and calls with what it got', async () => {
  const { client, server } = await loginFixture();
  await Promise.all([client.subscriptions.list(noSignal), client.subscriptions.list(noSignal)]);
  expect(server.logins()).toBe(1);
  expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/login', authorization: undefined });
  expect(server.requests[2]).toMatchObject({ authorization: expect.stringContaining('Bearer eyJ') });
});

it('renews its token before it expires, and not earlier', async () => {
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

it('a token that XIQ no longer knows is renewed once, by one login for all', async () => {
  const { client, server } = await loginFixture();
  await client.subscriptions.list(noSignal);
  server.tokens.clear();
  await Promise.all([client.subscriptions.list(noSignal), client.subscriptions.list(noSignal)]);
  expect(server.logins()).toBe(2);
});

it('a fresh token that is refused as well ends the call', async () => {
  const { client, server } = await loginFixture();
  const unknown = answering(401, error('AUTH_TOKEN_INVALID', 'no'));
  server.instead.push(answering(200, { access_token: 'a' }), unknown, answering(200, { access_token: 'b' }), unknown);
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused).toMatchObject({ code: 'xiq_unauthorized', exitCode: 77 });
  expect(refused.message).toContain('Even the token that a login has just given is refused');
  expect(server.requests).toHaveLength(4);
});

it('a long-lived token that is refused is not tried again, but said', async () => {
  const { client, server } = await startFixture(onTestFinished);
  server.tokens.clear();
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('xiq_unauthorized');
  expect(refused.message).toBe(
    `Listing the webhook subscriptions at ${server.baseUrl}: answer 401, AUTH_TOKEN_INVALID "no such token: [secret]" (error e-1). The API token is not valid, expired or revoked, and is not tried again: make a new one in ExtremeCloud IQ and put it where the configuration says.`,
  );
  expect(server.requests).toHaveLength(1);
});

it('a long-lived token that was replaced meanwhile is taken', async () => {
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
  ['one with a line break', secretSource('canary\ntoken'), 'holds characters that no token has'],
])('asks nothing with a token that cannot be: %s', async (_case, token, message) => {
  const { client, server } = await startFixture(onTestFinished, { credentials: { token } });
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused.code).toBe('xiq_unauthorized');
  expect(refused.message).toContain(message);
  expect(server.requests).toEqual([]);
});

it('a wrong password is said, and not offered again for five minutes', async () => {
  let word = 'canary-wrong';
  const credentials = { username: secretSource(user), password: { current: () => secretSource(word).current() } };
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
  word = password;
  expect(await client.subscriptions.list(noSignal)).toEqual([]);
});

it('a caller that leaves does not take the login from another; when all have left, it ends', async () => {
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
  first.abort(new Error('first left'));
  await expect(calls[0]).rejects.toThrow('first left');
  expect(closed).toBe(false);
  second.abort(new Error('second left'));
  await expect(calls[1]).rejects.toThrow('second left');
  await vi.waitUntil(() => closed);
  await outcomes;
  expect(await client.subscriptions.list(noSignal)).toEqual([]);
});

it('logout gives the token of a login back, and the next call logs in again', async () => {
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

it('logout leaves a long-lived token alone', async () => {
  const { client, server } = await startFixture(onTestFinished);
  await client.logout(noSignal);
  expect(server.requests).toEqual([]);
});

it('a logout that fails is logged and no more', async () => {
  const { client, server, log } = await loginFixture();
  await client.subscriptions.list(noSignal);
  server.instead.push(answering(500));
  await client.logout(noSignal);
  expect(log.of('xiq_api.logout_failed')).toMatchObject([{ level: 'warn', attributes: { reason: 'xiq_unavailable' } }]);
});

it.each([
  ['no token', { expires_in: 5 }],
  ['a token that no header can carry', { access_token: 'a b', expires_in: 5 }],
  ['an end that is none', { access_token: 'a', expires_in: 'soon' }],
])('a login answered with %s is an invalid answer', async (_case, body) => {
  const { client, server } = await loginFixture();
  server.instead.push(answering(200, body));
  const refused = await rejection(client.subscriptions.list(noSignal));
  expect(refused).toMatchObject({ code: 'xiq_invalid_response', exitCode: 76 });
});
