// The whole connector in this process, used over its admin API.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connectAdmin } from '@xiq-siem/admin-api';
import { loadConfiguration } from '@xiq-siem/config';
import { Secret } from '@xiq-siem/core';
import { linesOf, never } from '@xiq-siem/queries/test-queries';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startConnector } from './connector.ts';
import { registry } from './registry.ts';

const adminFile = z.object({ token: z.string() });

const withOne = `
server: { port: 0 }
admin: { port: 0 }
healthEvents: { enabled: false }
sources: { xiq: { type: xiq } }
destinations:
  one: { type: file, directory: ./out, batch: { maxAgeMs: 0 } }
`;

async function startHere() {
  const directory = await mkdtemp(join(tmpdir(), 'operator-service-'));
  const file = join(directory, 'config.yaml');
  await writeFile(file, withOne);
  const loaded = await loadConfiguration(file, registry, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const log = createRecordingLogger();
  const connector = await startConnector(loaded.configuration, { log, now: Date.now });
  const { token } = adminFile.parse(JSON.parse(await readFile(join(directory, 'data/admin.json'), 'utf8')));
  return {
    file,
    log,
    connector,
    client: connectAdmin({ url: connector.adminUrl, token: new Secret(token) }),
    async [Symbol.asyncDispose](): Promise<void> {
      await connector.stop(0);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function metricsOf(adminUrl: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(`${adminUrl}/metrics`, (response) => void text(response).then(resolve, reject))
    .on('error', reject)
    .end();
  return promise;
}

test('the event of doctor passes through all stages, and status, unmapped and metrics agree', async () => {
  await using here = await startHere();
  const { client, connector } = here;
  const lines = await linesOf(client.doctor({ seconds: 20 }, never));
  expect(lines).toMatchObject([
    { kind: 'kept' },
    { kind: 'destination', name: 'one', type: 'file', ok: true },
    { kind: 'end', ok: true },
  ]);
  expect(await client.status({}, never)).toMatchObject({
    snapshot: false,
    reconciled: true,
    accepting: { ok: true },
    destinations: [{ name: 'one', state: 'running', counters: { normalized: 1, delivered: 1, unaccounted: 0 } }],
  });
  const [kept] = lines;
  const receipt = kept?.kind === 'kept' ? kept.receipt : '';
  expect(await client.traceReceipt({ receipt }, never)).toMatchObject({ found: 'kept', body: { origin: 'self' } });
  const metrics = await metricsOf(connector.adminUrl);
  expect(metrics).toMatch(/xiq_siem_destination_events\w*\{[^}]*destination="one"[^}]*\} 1\b/);
});

test('a reload over the API adds a destination, and an invalid file changes nothing', async () => {
  await using here = await startHere();
  const { client, file } = here;
  await writeFile(file, `${withOne}  two: { type: file, directory: ./out2 }\n`);
  expect(await client.reload({}, never)).toMatchObject({ changed: ['destinations.two added'], needsRestart: [] });
  await writeFile(file, `${withOne}  two: { type: nothing }\n`);
  await expect(client.reload({}, never)).rejects.toMatchObject({ code: 'config_invalid' });
  const { destinations } = await client.status({}, never);
  expect(destinations.map(({ name }) => name)).toEqual(['one', 'two']);
});
