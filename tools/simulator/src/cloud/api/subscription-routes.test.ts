import { describe, expect, it } from 'vitest';
import { digits, read, send, testCloud } from '../test-cloud.ts';
import type { XiqCloud } from '../xiq-cloud.ts';

const path = '/subscriptions/webhook';
const one = {
  application: 'siem',
  url: 'https://hooks.example/webhooks/xiq/AUDIT_LOG_ALL',
  secret: 'hunter2',
  message_type: 'AUDIT_LOG_ALL',
  status: 'ENABLED',
};

async function list(cloud: XiqCloud, token: string): Promise<readonly Record<string, unknown>[]> {
  const response = await read(cloud, `${path}?limit=100`, token);
  return Array.isArray(response) ? response : response.data;
}

describe.each(['array', 'page'] as const)('generation %s', (generation) => {
  async function start() {
    const cloud = await testCloud({ generation });
    return { cloud, token: cloud.tokens.create() };
  }

  it('creates, lists, changes and deletes', async () => {
    const { cloud, token } = await start();
    const other = { ...one, message_type: 'SMS_LOG_ALL', secret: undefined };
    expect(await send(cloud, 'POST', path, { token, body: [one, other] })).toMatchObject({ status: 202, text: '' });
    const [first, second] = await list(cloud, token);
    expect(first).toEqual({
      ...one,
      id: '120001',
      create_time: expect.stringMatching(/^20\d\d-\d\d-\d\dT.*\+0000$/),
      update_time: first?.['create_time'],
      data_type: 'AUDIT_LOG',
    });
    expect(second).toMatchObject({ id: '9007199254740993', data_type: 'SMS_LOG', secret: null });

    const changed = { ...other, status: 'DISABLED', application: 'renamed' };
    expect(await send(cloud, 'PUT', `${path}/9007199254740993`, { token, body: changed })).toMatchObject({
      status: 202,
    });
    const { secret: _, ...withoutSecret } = { ...one, url: 'https://other.example/' };
    await send(cloud, 'PUT', `${path}/120001`, { token, body: withoutSecret });
    expect(await list(cloud, token)).toMatchObject([
      { url: 'https://other.example/', secret: 'hunter2' },
      { status: 'DISABLED', application: 'renamed' },
    ]);

    const [remove, ids] =
      generation === 'page' ? [`${path}/:delete?ids=120001&ids=`, '9007199254740993'] : [`${path}/`, '120001'];
    expect(await send(cloud, 'DELETE', remove + ids, { token })).toMatchObject({ status: 202, text: '' });
    expect(await list(cloud, token)).toHaveLength(generation === 'page' ? 0 : 1);
  });

  it('rejects invalid input, and changes nothing', async () => {
    const { cloud, token } = await start();
    for (const body of [one, [], [{ ...one, message_type: 'NONE' }], [{ ...one, url: 'no url' }], [one, {}]]) {
      expect(await send(cloud, 'POST', path, { token, body })).toMatchObject({ status: 400 });
    }
    expect(await send(cloud, 'PUT', `${path}/5`, { token, body: one })).toMatchObject({ status: 404 });
    expect(await send(cloud, 'PUT', `${path}/five`, { token, body: one })).toMatchObject({ status: 400 });
    const unknown = generation === 'page' ? `${path}/:delete?ids=5` : `${path}/5`;
    expect(await send(cloud, 'DELETE', unknown, { token })).toMatchObject({ status: 404 });
    const otherGeneration = generation === 'page' ? `${path}/5` : `${path}/:delete?ids=5`;
    expect((await send(cloud, 'DELETE', otherGeneration, { token })).status).toBe(generation === 'page' ? 405 : 400);
    expect(cloud.subscriptions.list()).toEqual([]);
  });

  it('requires the status only since 2025', async () => {
    const { cloud, token } = await start();
    const { status: _, ...withoutStatus } = one;
    const { status } = await send(cloud, 'POST', path, { token, body: [withoutStatus] });
    expect(status).toBe(generation === 'page' ? 400 : 202);
    expect(cloud.subscriptions.list()).toMatchObject(generation === 'page' ? [] : [{ status: 'ENABLED' }]);
  });
});

it('pages the list by order and keyword', async () => {
  const cloud = await testCloud();
  const token = cloud.tokens.create();
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    cloud.subscriptions.add({ application: `app-${name}`, url: 'http://127.0.0.1:1/', messageType: 'SMS_LOG_ALL' });
  }
  const names = ({ data }: { data: { application: string }[] }) => data.map(({ application }) => application);
  const page = await read(cloud, `${path}?page=2&limit=2&order=DESC`, token);
  expect(page).toMatchObject({ total_count: '5', count: '2', page: '2', total_pages: '3' });
  expect(names(page)).toEqual(['app-c', 'app-b']);
  expect(names(await read(cloud, `${path}?keyword=app-d`, token))).toEqual(['app-d']);
  expect(await send(cloud, 'GET', `${path}?limit=101`, { token })).toMatchObject({ status: 400 });
});

it('shows an account its own subscriptions only, including changes made by the control API', async () => {
  const accounts = ['a', 'b'].map((name) => ({ username: name, password: 'p' }));
  const cloud = await testCloud({ accounts, showSecrets: false });
  const [own, foreign] = ['a', 'b'].map((account) =>
    cloud.subscriptions.add({ account, url: 'http://127.0.0.1:1/', secret: 's', messageType: 'SMS_LOG_ALL' }),
  );
  const token = cloud.tokens.create({ account: 'a' });
  cloud.subscriptions.change(own?.id ?? '', { status: 'DISABLED' });
  expect(await list(cloud, token)).toMatchObject([{ id: own?.id, status: 'DISABLED', secret: null }]);
  expect(await send(cloud, 'PUT', `${path}/${foreign?.id}`, { token, body: one })).toMatchObject({ status: 404 });
  cloud.subscriptions.remove(own?.id ?? '');
  expect(await list(cloud, token)).toEqual([]);
  expect(cloud.subscriptions.list()).toMatchObject([{ account: 'b' }]);
});

it('exports as CSV', async () => {
  const cloud = await testCloud();
  const token = cloud.tokens.create();
  cloud.subscriptions.add({ application: 'a "b", c', url: 'http://127.0.0.1:1/', messageType: 'SMS_LOG_ALL' });
  const { text } = await send(cloud, 'GET', `${path}/export`, { token });
  expect(text.split('\n')[1]).toBe('120001,"a ""b"", c",http://127.0.0.1:1/,SMS_LOG_ALL,ENABLED');
});

it('can change its generation while it runs', async () => {
  const cloud = await testCloud({ generation: 'array' });
  const token = cloud.tokens.create();
  expect((await send(cloud, 'GET', path, { token })).text).toBe('[]');
  cloud.generation.set('page');
  expect(digits((await send(cloud, 'GET', path, { token })).text)).toMatchObject({ total_count: '0', data: [] });
});

it('applies an accepted change later where configured', async () => {
  const cloud = await testCloud();
  const token = cloud.tokens.create();
  cloud.faults.set({ lateApply: { next: 1, delayMs: 30 } });
  expect(await send(cloud, 'POST', path, { token, body: [one] })).toMatchObject({ status: 202 });
  expect(cloud.subscriptions.list()).toEqual([]);
  await expect.poll(() => cloud.subscriptions.list()).toHaveLength(1);
});
