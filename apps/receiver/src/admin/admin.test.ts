import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { audit, destinations, openFixture } from '@xiq-siem/queries/test-queries';
import { modelLog } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { createCounters } from '../telemetry/counters.ts';
import { readinessOf } from './admin.ts';
import { serveOperations, token } from './test-operations.ts';

function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  request(url, { headers }, (response) => {
    text(response).then((told) => resolve({ status: response.statusCode ?? 0, text: told }), reject);
  })
    .on('error', reject)
    .end();
  return promise;
}

const mine = { authorization: `Bearer ${token}` };
const operations = { jobs: async () => ({ snapshot: false, jobs: [] }) };

test.each(['127.0.0.1', 'localhost', '[::1]', '127.0.0.1:9', 'localhost:65535'])('it responds as %s', async (host) => {
  await using served = await serveOperations(operations);
  expect(await get(`${served.url}/api/v1/jobs`, { ...mine, host })).toMatchObject({ status: 200 });
});

test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.', '0.0.0.0', '127.0.0.2'])(
  'with the host %j every path is refused',
  async (host) => {
    await using served = await serveOperations(operations);
    for (const path of ['/api/v1/jobs', '/metrics', '/healthz', '/readyz', '/none']) {
      expect((await get(served.url + path, { ...mine, host })).status).toBe(403);
    }
  },
);

test.each([undefined, '', 'Bearer ', 'Bearer wrong', token, `Bearer ${token} `.replace('t0', 't1'), `bearer ${token}`])(
  '%j is not accepted as the token',
  async (authorization) => {
    await using served = await serveOperations(operations);
    const headers = authorization === undefined ? {} : { authorization };
    for (const path of ['jobs', 'openapi.json', 'none']) {
      const { status, text: response } = await get(`${served.url}/api/v1/${path}`, headers);
      expect(status).toBe(401);
      expect(response).not.toContain(token);
    }
  },
);

test('metrics, liveness and readiness need no token', async () => {
  await using served = await serveOperations(operations);
  expect(await get(`${served.url}/metrics`)).toEqual({ status: 200, text: 'up 1\n' });
  expect(await get(`${served.url}/healthz`)).toMatchObject({ status: 200 });
  expect(await get(`${served.url}/readyz`)).toMatchObject({ status: 200 });
});

test('it is not ready where webhooks are not accepted, and says why', async () => {
  const readiness = () => ({ reasons: ['journal_full'], information: { more: 1 } });
  await using served = await serveOperations(operations, { readiness });
  const { status, text: response } = await get(`${served.url}/readyz`);
  expect(status).toBe(503);
  expect(JSON.parse(response)).toEqual({ status: 'not ready', reasons: ['journal_full'], more: 1 });
});

test('the OpenAPI document is served; an unknown path is 404', async () => {
  await using served = await serveOperations(operations);
  const { text: response } = await get(`${served.url}/api/v1/openapi.json`, mine);
  expect(JSON.parse(response)).toMatchObject({ openapi: expect.any(String), info: { version: '1.2.3' } });
  expect(await get(`${served.url}/api/v1/none`, mine)).toMatchObject({ status: 404 });
});

test('readiness reports lag in bodies, whatever the sequences are', async () => {
  await using fixture = await openFixture(destinations('one'), { over: modelLog().open() });
  const { journal, pipeline, keep } = fixture;
  await pipeline.delivery.stop(500);
  for (let id = 0; id < 5; id += 1) await keep([audit(id)]);
  const { information } = readinessOf(
    [],
    { journal, delivery: pipeline.delivery },
    [],
    { list: [], at: '-' },
    createCounters(),
  );
  expect(information).toMatchObject({ journal: { bodies: 5 }, destinations: [{ name: 'one', lagBodies: 5 }] });
});
