import { expect, it } from 'vitest';
import { password, send, testCloud, username } from '../test-cloud.ts';

const problem = (code: string) => ({
  error_code: code,
  error_id: expect.any(String),
  error_message: expect.any(String),
});

it('logs in by user name and password, and out', async () => {
  const cloud = await testCloud({ tokenLifetimeSeconds: 600 });
  const login = await send(cloud, 'POST', '/login', { body: { username, password } });
  expect(login.status).toBe(200);
  const body = JSON.parse(login.text);
  expect(body).toEqual({
    access_token: expect.stringMatching(/^\S+\.\S+\.\S+$/),
    token_type: 'Bearer',
    expires_in: 600,
  });
  const token = body.access_token;
  expect(await send(cloud, 'GET', '/logs/audit', { token })).toMatchObject({ status: 200 });
  expect(await send(cloud, 'POST', '/logout', { token })).toMatchObject({ status: 200 });
  expect(await send(cloud, 'GET', '/logs/audit', { token })).toMatchObject({ status: 401 });
});

it('rejects wrong credentials with a documented error', async () => {
  const cloud = await testCloud();
  for (const body of [
    { username, password: 'wrong' },
    { username: 'nobody', password },
  ]) {
    const { status, text } = await send(cloud, 'POST', '/login', { body });
    expect([status, JSON.parse(text)]).toEqual([401, problem('UNAUTHORIZED')]);
  }
  const { status, text } = await send(cloud, 'POST', '/login', { body: ['no', 'credentials'] });
  expect([status, JSON.parse(text)]).toEqual([400, problem('INVALID_REQUEST')]);
});

it('expires a token by its time, or all at once', async () => {
  const cloud = await testCloud({ tokenLifetimeSeconds: 60 });
  const login = async (): Promise<string> =>
    JSON.parse((await send(cloud, 'POST', '/login', { body: { username, password } })).text).access_token;
  const status = async (token: string) => (await send(cloud, 'GET', '/subscriptions/webhook', { token })).status;
  const first = await login();
  const longLived = cloud.tokens.create();
  cloud.clock.setOffset(61_000);
  expect([await status(first), await status(longLived)]).toEqual([401, 200]);
  const second = await login();
  cloud.tokens.expireAll('login');
  expect([await status(second), await status(longLived)]).toEqual([401, 200]);
  cloud.tokens.expireAll();
  expect(await status(longLived)).toBe(401);
});

it('restricts a token to its permissions, and accepts a configured one', async () => {
  const cloud = await testCloud({ accounts: [{ username, password, apiToken: 'given' }] });
  const token = cloud.tokens.create({ permissions: ['webhook:rw'], expiresInSeconds: 60 });
  const { status, text } = await send(cloud, 'GET', '/logs/audit', { token });
  expect([status, JSON.parse(text)]).toEqual([403, problem('ACCESS_DENIED')]);
  expect(await send(cloud, 'GET', '/subscriptions/webhook', { token })).toMatchObject({ status: 200 });
  expect(await send(cloud, 'GET', '/logs/audit', { token: 'given' })).toMatchObject({ status: 200 });
  expect(await send(cloud, 'GET', '/logs/audit')).toMatchObject({ status: 401 });
});
