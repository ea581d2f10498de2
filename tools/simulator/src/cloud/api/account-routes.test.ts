import { expect, it } from 'vitest';
import { read, send, testCloud } from '../test-cloud.ts';

const accounts = ['a', 'b', 'c'].map((username) => ({ username, password: 'p' }));

it.each([
  ['a', '1091', 'ACME-BERLIN'],
  ['b', '7932', 'Universität Süd'],
  ['c', '9007199254741093', 'retail/"north"'],
])('account %s is owner %s, as in its events', async (account, id, name) => {
  const cloud = await testCloud({ accounts });
  const token = cloud.tokens.create({ account });
  expect(await read(cloud, '/account/home', token)).toMatchObject({ id, name });
  expect(await read(cloud, '/account/viq', token)).toMatchObject({ owner_id: id, vhm_id: id });
  const [event] = cloud.emit({ type: 'AUDIT_LOG_ALL', account });
  expect(event?.webhook).toContain(`"ownerId":${id}`);
  expect(event?.webhook).toContain(JSON.stringify(name));
});

it('needs a token with a permission, and has an area of faults', async () => {
  const cloud = await testCloud();
  expect((await send(cloud, 'GET', '/account/home')).status).toBe(401);
  const without = cloud.tokens.create({ permissions: ['log:r'] });
  expect((await send(cloud, 'GET', '/account/home', { token: without })).status).toBe(403);
  cloud.faults.set({ tooManyRequests: { on: ['account'] } });
  expect((await send(cloud, 'GET', '/account/viq', { token: cloud.tokens.create() })).status).toBe(429);
});
