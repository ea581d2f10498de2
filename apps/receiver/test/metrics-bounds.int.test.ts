// `/metrics` under hostile input: data from outside makes no series and is in no label.
import { Agent, METHODS, type OutgoingHttpHeaders, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { parsePrometheus } from '../src/telemetry/test-prometheus.ts';
import { hecToken, startHec } from './all-destinations.ts';
import { createClient } from './client.ts';
import { requestJson } from './http-json.ts';
import { operatorFixture } from './operator-fixture.ts';
import { laggingDestinations } from './readyz.ts';
import { simulate } from './simulator.ts';

const each = 1_500;
/** Part of every hostile value. */
const canary = 'CANARY8821';
/** With one source and two destinations. */
const mostSeries = 150;

interface Hostile {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** Statuses and their counts; a request without a response counts as 0. */
async function sendAll(url: string, hostile: readonly Hostile[]): Promise<ReadonlyMap<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const statuses = new Map<number, number>();
  await Promise.all(
    hostile.map(async ({ method = 'POST', path, headers = {}, body = '' }) => {
      const status = await new Promise<number>((resolve) => {
        const { hostname, port } = new URL(url);
        const outgoing = request({ hostname, port, path, method, agent, headers }, (response) => {
          response.resume().on('close', () => resolve(response.statusCode ?? 0));
        });
        outgoing.on('error', () => resolve(0)).end(method === 'POST' ? body : undefined);
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }),
  );
  agent.destroy();
  return statuses;
}

test('thousands of unknown types, sources, paths, methods, headers and names do not change the number of series', async () => {
  const hec = await startHec();
  await using fixture = await operatorFixture(
    {
      destinations: {
        archive: { type: 'file', directory: './out', minFreeBytes: 0 },
        splunk: { type: 'splunk-hec', url: hec.url, token: hecToken, retry: { initialMs: 50, maxMs: 200 } },
      },
    },
    { 'hec-token': 'hec-token-4711' },
  );
  const connector = await fixture.start();
  const client = createClient(connector.url, fixture.work.secret);
  onTestFinished(async () => {
    client.close();
    await connector.end('SIGKILL');
    await hec.close();
  });
  const scrape = async () => {
    const { status, body } = await client.get(`${connector.adminUrl}/metrics`);
    expect(status).toBe(200);
    const families = parsePrometheus(body);
    const series = families.flatMap(({ name, metrics }) =>
      metrics.map(({ labels }) => `${name}${JSON.stringify(labels)}`),
    );
    return { families, series, body };
  };

  await simulate({ url: connector.url, secret: fixture.work.secret, seed: 1, events: 300 });
  await expect.poll(() => laggingDestinations(connector), { timeout: 20_000 }).toEqual([]);
  const before = await scrape();

  const authorization = `Bearer ${fixture.work.secret}`;
  const types = { authorization, 'content-type': 'application/json' };
  const range = Array.from({ length: each }, (_, n) => n);
  const answered = await sendAll(connector.url, [
    // Accepted as an unknown type; with unknown fields, codes, names and outcomes.
    ...range.map((n) => ({
      ...{ path: `/webhooks/xiq/${canary}_${n}`, headers: { ...types, 'content-type': `${canary}/${n}` } },
      body: JSON.stringify([{ [`${canary}${n}`]: n, userName: `${canary}${n}`, status: `${canary}${n}` }]),
    })),
    ...range.map((n) => ({
      ...{ path: '/webhooks/xiq/AUDIT_LOG_ALL', headers: types },
      body: JSON.stringify({
        ...{ timeStamp: `${canary}${n}`, code: `${canary}${n}`, userName: `${canary}${n}` },
        ...{ category: `${canary}${n}`, description: canary, ownerId: canary },
      }),
    })),
    ...range.map((n) => ({ path: '/webhooks/xiq/SMS_LOG', headers: types, body: `${canary}${n} is no JSON` })),
    // Refused.
    ...range.map((n) => ({ path: `/webhooks/${canary}-${n}/AUDIT_LOG_ALL`, headers: types, body: '{}' })),
    ...range.map((n) => ({ path: `/webhooks/xiq/${canary.toLowerCase()}-${n}`, headers: types, body: '{}' })),
    ...range.map((n) => ({ path: `/${canary}/${n}?${canary}=${n}`, method: n % 2 === 0 ? 'GET' : 'POST' })),
    ...METHODS.filter((method) => method !== 'CONNECT').map((method) => ({
      ...{ method, path: '/webhooks/xiq/AUDIT_LOG_ALL', headers: types },
    })),
    ...range.map((n) => ({
      path: '/webhooks/xiq/AUDIT_LOG_ALL',
      headers: { ...types, 'content-encoding': `${canary}${n}`, [`x-${canary}-${n}`]: canary },
      body: '{}',
    })),
    ...range.map((n) => ({
      path: '/webhooks/xiq/AUDIT_LOG_ALL',
      headers: {
        authorization: `${canary}${n} ${canary}`,
        'x-forwarded-for': `10.0.${n % 256}.1`,
        host: `${canary}${n}`,
      },
      body: '{}',
    })),
  ]);
  expect([202, 400, 401, 404, 405, 415, 429]).toEqual(expect.arrayContaining([...answered.keys()]));
  expect(answered.get(202)).toBeGreaterThanOrEqual(3 * each);
  // To the admin listener too, without a token.
  await sendAll(
    connector.adminUrl,
    range.map((n) => ({
      method: 'GET',
      path: `/api/v1/${canary}/${n}`,
      headers: { authorization: `Bearer ${canary}` },
    })),
  );
  // A destination with hostile messages.
  hec.respondNext(
    'event',
    ...range
      .slice(0, 20)
      .map((n) => ({ status: 500 + n, body: JSON.stringify({ text: `${canary}${n}`, code: 90_000 + n }) })),
  );
  await sendAll(
    connector.url,
    range.slice(0, 200).map(() => ({ path: `/webhooks/xiq/SMS_LOG`, headers: types, body: '[{}]' })),
  );
  await expect.poll(() => laggingDestinations(connector), { timeout: 30_000 }).toEqual([]);

  const after = await scrape();
  const known = new Set(before.series);
  const added = after.series.filter((one) => !known.has(one));
  console.log(`${before.series.length} series before, ${after.series.length} after; new:\n${added.join('\n')}`);
  expect(after.body.toLowerCase()).not.toContain(canary.toLowerCase());
  expect(after.series.length).toBeLessThan(mostSeries);
  const values = after.families.flatMap(({ metrics }) => metrics.flatMap(({ labels }) => Object.values(labels)));
  expect(values.filter((value) => !/^[\w.:-]{1,64}$/.test(value))).toEqual([]);
  expect(await requestJson(`${connector.adminUrl}/healthz`)).toEqual({ status: 'alive' });
  // The same requests again make no new series.
  await sendAll(
    connector.url,
    range.map((n) => ({ path: `/webhooks/xiq/${canary}_AGAIN_${n}`, headers: types, body: '{}' })),
  );
  await expect.poll(() => laggingDestinations(connector), { timeout: 30_000 }).toEqual([]);
  // The connector's first health event may be counted in between.
  const made = (await scrape()).series.filter((one) => !after.series.includes(one) && !one.includes('"source":"self"'));
  expect(made.filter((one) => /_(?:receiver|source|destination)_/.test(one))).toEqual([]);
  expect(await connector.end('SIGTERM')).toBe(0);
});
