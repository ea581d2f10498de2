import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routeNames, routeOf } from '@xiq-siem/admin-api';
import { askByName, sampleConnector, sampleOf } from '@xiq-siem/admin-api/test-routes';
import { ConnectorError } from '@xiq-siem/core';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { openOperations, readingOnly, runningAt } from './open-operations.ts';
import { product } from './test-session.ts';

const places: string[] = [];
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => rm(place, { recursive: true })));
});

async function place(url?: string): Promise<{ configFile: string; data: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-cli-'));
  places.push(directory);
  const data = join(directory, 'data');
  await mkdir(data);
  const configFile = join(directory, 'c.yaml');
  await writeFile(configFile, 'dataDirectory: ./data\nsources: { xiq: { type: xiq } }\n');
  if (url !== undefined) {
    await writeFile(join(data, 'admin.json'), JSON.stringify({ url, pid: 1, token: 'x'.repeat(32) }));
  }
  return { configFile, data };
}

async function listening(response: RequestListener): Promise<string> {
  const server = createServer(response).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it has a port');
  return `http://127.0.0.1:${address.port}`;
}

const codeOf = (cause: unknown): unknown => (cause instanceof ConnectorError ? cause.code : cause);

it('a connector that answers is asked', async () => {
  const seen: unknown[] = [];
  const url = await listening((request, response) => {
    seen.push(request.url, request.headers.authorization);
    response.end(JSON.stringify({ snapshot: false, jobs: [] }));
  });
  const { configFile } = await place(url);
  const { operations, snapshot, close } = await openOperations(product, { config: configFile }, 'changes');
  expect(snapshot).toBe(false);
  expect(await operations.jobs({}, AbortSignal.timeout(5000))).toEqual({ snapshot: false, jobs: [] });
  const token = `Bearer ${'x'.repeat(32)}`;
  expect(seen).toEqual(['/api/v1/jobs', token, '/api/v1/jobs', token]);
  await close();
});

it.each([
  ['no admin.json', undefined],
  ['one that a killed connector left', 'http://127.0.0.1:9'],
])('%s: nothing runs, and what changes is refused', async (_, url) => {
  const { configFile, data } = await place(url);
  expect(await runningAt(data)).toBeUndefined();
  const refused = await openOperations(product, { config: configFile }, 'changes').catch(codeOf);
  expect(refused).toBe('not_running');
});

it.each([401, 404])('somebody else at its port, who answers %i, is not our connector', async (status) => {
  const { data } = await place(await listening((_, response) => response.writeHead(status).end()));
  expect(await runningAt(data)).toBeUndefined();
});

it('a connector that hangs is there, and its files are not read', async () => {
  const { data } = await place(await listening(() => undefined));
  const message = expect.stringContaining('is there, but gave no complete response within 50 ms');
  await expect(runningAt(data, 50)).rejects.toMatchObject({ code: 'not_running', message });
});

it.each(routeNames)('of files alone, %s is answered if they can tell, else refused', async (name) => {
  const { asked, operations } = sampleConnector();
  const told = await askByName(readingOnly(operations, '/data'), name).catch(codeOf);
  const { response, snapshot } = routeOf(name);
  expect(told).toEqual(snapshot ? [sampleOf(response)] : 'not_running');
  expect(asked.map(([one]) => one)).toEqual(snapshot ? [name] : []);
});

it('what changes something needs a running connector', () => {
  expect(routeNames.map(routeOf).filter(({ changes, snapshot }) => changes && snapshot)).toEqual([]);
});

it('a configuration at fault: config_invalid', async () => {
  expect(await openOperations(product, { config: '/nowhere/c.yaml' }).catch(codeOf)).toBe('config_invalid');
});
