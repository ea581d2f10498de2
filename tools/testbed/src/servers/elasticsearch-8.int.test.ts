import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leftoversAfterStop } from '../leftovers.ts';
import type { Credentials } from '../recipe.ts';
import { sendRequest } from '../send-request.ts';
import { startServer } from '../servers.ts';
import type { RunningServer } from '../start-server.ts';

let server: RunningServer;
let users: Credentials;
beforeAll(async () => {
  server = await startServer('elasticsearch-8', {});
  users = JSON.parse(readFileSync(server.credentialsFile ?? '', 'utf8'));
});
afterAll(() => server?.stop());

const document = { '@timestamp': '2026-01-01T00:00:00Z', message: 'an access point was added' };

it('is trusted only by its own certificate authority', async () => {
  await expect(sendRequest(server.url)).rejects.toThrow(/self-signed|unable to verify/);
  expect(
    (await sendRequest(`${server.url}/_cluster/health`, { caFile: server.caFile, login: users.admin })).status,
  ).toBe(200);
});

it('returns 401 without credentials and with a wrong password', async () => {
  const { caFile } = server;
  expect((await sendRequest(`${server.url}/_cluster/health`, { caFile })).status).toBe(401);
  const login = { ...users.admin, password: users.writer.password };
  expect((await sendRequest(`${server.url}/_cluster/health`, { caFile, login })).status).toBe(401);
});

it('lets the writer write to logs-*, returns 403 for the rest, and finds written documents by search', async () => {
  const { caFile, url } = server;
  const asWriter = { caFile, login: users.writer };
  const asAdmin = { caFile, login: users.admin };
  expect((await sendRequest(`${url}/logs-x-default/_create/a`, { ...asWriter, body: document })).status).toBe(201);
  expect((await sendRequest(`${url}/other/_create/a`, { ...asWriter, body: document })).status).toBe(403);
  expect((await sendRequest(`${url}/logs-x-default/_search`, asWriter)).status).toBe(403);
  expect((await sendRequest(`${url}/logs-x-default/_refresh`, { ...asAdmin, method: 'POST' })).status).toBe(200);
  const found = await sendRequest(`${url}/logs-x-default/_search?q=message:point`, asAdmin);
  expect(JSON.parse(found.text)).toMatchObject({ hits: { total: { value: 1 }, hits: [{ _source: document }] } });
});

it('supports plain HTTP without users', async () => {
  const plain = await startServer('elasticsearch-8', { secure: false });
  expect(plain).not.toHaveProperty('credentials');
  const indexed = await sendRequest(`${plain.url}/seen/_create/a`, { body: document });
  expect(await leftoversAfterStop(plain)).toEqual([]);
  expect(indexed.status).toBe(201);
});

it('leaves no process and no data after a stop', async () => {
  expect(await leftoversAfterStop(server)).toEqual([]);
});
