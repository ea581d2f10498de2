import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../ask.ts';
import type { Credentials } from '../recipe.ts';
import { startServer } from '../servers.ts';
import type { RunningServer } from '../start-server.ts';
import { leftAfterStop } from '../what-is-left.ts';

let server: RunningServer;
let users: Credentials;
beforeAll(async () => {
  server = await startServer('elasticsearch-8', {});
  users = JSON.parse(readFileSync(server.credentialsFile ?? '', 'utf8'));
});
afterAll(() => server?.stop());

const document = { '@timestamp': '2026-01-01T00:00:00Z', message: 'an access point was added' };

it('is trusted by its own authority alone', async () => {
  await expect(ask(server.url)).rejects.toThrow(/self-signed|unable to verify/);
  expect((await ask(`${server.url}/_cluster/health`, { caFile: server.caFile, login: users.admin })).status).toBe(200);
});

it('answers 401 to nobody, and to a wrong password', async () => {
  const { caFile } = server;
  expect((await ask(`${server.url}/_cluster/health`, { caFile })).status).toBe(401);
  const login = { ...users.admin, password: users.writer.password };
  expect((await ask(`${server.url}/_cluster/health`, { caFile, login })).status).toBe(401);
});

it('lets the writer write to logs-*, answers 403 to the rest, and finds by search what was written', async () => {
  const { caFile, url } = server;
  const asWriter = { caFile, login: users.writer };
  const asAdmin = { caFile, login: users.admin };
  expect((await ask(`${url}/logs-x-default/_create/a`, { ...asWriter, body: document })).status).toBe(201);
  expect((await ask(`${url}/other/_create/a`, { ...asWriter, body: document })).status).toBe(403);
  expect((await ask(`${url}/logs-x-default/_search`, asWriter)).status).toBe(403);
  expect((await ask(`${url}/logs-x-default/_refresh`, { ...asAdmin, method: 'POST' })).status).toBe(200);
  const found = await ask(`${url}/logs-x-default/_search?q=message:point`, asAdmin);
  expect(JSON.parse(found.text)).toMatchObject({ hits: { total: { value: 1 }, hits: [{ _source: document }] } });
});

it('speaks plain HTTP without users where that is asked for', async () => {
  const plain = await startServer('elasticsearch-8', { secure: false });
  expect(plain).not.toHaveProperty('credentials');
  const indexed = await ask(`${plain.url}/seen/_create/a`, { body: document });
  expect(await leftAfterStop(plain)).toEqual([]);
  expect(indexed.status).toBe(201);
});

it('leaves no process and no data when it is stopped', async () => {
  expect(await leftAfterStop(server)).toEqual([]);
});
