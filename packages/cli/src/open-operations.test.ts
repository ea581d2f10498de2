import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routeNames, routeOf } from '@xiq-siem/admin-api';
import { callByName, sampleConnector, sampleOf } from '@xiq-siem/admin-api/test-routes';
import { ConnectorError } from '@xiq-siem/core';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { openOperations, readOnlyOperations, runningAt } from './open-operations.ts';
import { product } from './test-session.ts';

const directories: string[] = [];
afterEach(async () => {
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true })));
});

async function fixture(url?: string): Promise<{ configFile: string; data: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-cli-'));
  directories.push(directory);
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
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

const codeOf = (cause: unknown): unknown => (cause instanceof ConnectorError ? cause.code : cause);

it('calls a connector that responds', async () => {
  const seen: unknown[] = [];
  const url = await listening((request, response) => {
    seen.push(request.url, request.headers.authorization);
    response.end(JSON.stringify({ snapshot: false, jobs: [] }));
  });
  const { configFile } = await fixture(url);
  const { operations, snapshot, close } = await openOperations(product, { config: configFile }, 'changes');
  expect(snapshot).toBe(false);
  expect(await operations.jobs({}, AbortSignal.timeout(5000))).toEqual({ snapshot: false, jobs: [] });
  const token = `Bearer ${'x'.repeat(32)}`;
  expect(seen).toEqual(['/api/v1/jobs', token, '/api/v1/jobs', token]);
  await close();
});

it.each([
  ['no admin.json', undefined],
  ['an admin.json of a killed connector', 'http://127.0.0.1:9'],
])('%s: no connector runs, and a change is rejected', async (_, url) => {
  const { configFile, data } = await fixture(url);
  expect(await runningAt(data)).toBeUndefined();
  const refused = await openOperations(product, { config: configFile }, 'changes').catch(codeOf);
  expect(refused).toBe('not_running');
});

it.each([401, 404])('another program at its port that returns %i is not the connector', async (status) => {
  const { data } = await fixture(await listening((_, response) => response.writeHead(status).end()));
  expect(await runningAt(data)).toBeUndefined();
});

it('a connector that hangs is an error, and its files are not read', async () => {
  const { data } = await fixture(await listening(() => undefined));
  const message = expect.stringContaining('does not respond: no complete response within 50 ms');
  await expect(runningAt(data, 50)).rejects.toMatchObject({ code: 'connector_unreachable', message });
});

it.each(routeNames)('with files only, %s is answered if its route has a snapshot, else rejected', async (name) => {
  const { calls, operations } = sampleConnector();
  const result = await callByName(readOnlyOperations(operations, '/data'), name).catch(codeOf);
  const { response, snapshot } = routeOf(name);
  expect(result).toEqual(snapshot ? [sampleOf(response)] : 'not_running');
  expect(calls.map(([one]) => one)).toEqual(snapshot ? [name] : []);
});

it('every change needs a running connector', () => {
  expect(routeNames.map(routeOf).filter(({ changes, snapshot }) => changes && snapshot)).toEqual([]);
});

it('an invalid configuration: config_invalid', async () => {
  expect(await openOperations(product, { config: '/nowhere/c.yaml' }).catch(codeOf)).toBe('config_invalid');
});
