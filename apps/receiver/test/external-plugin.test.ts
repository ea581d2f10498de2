// A plugin from outside the workspace: its metrics and codes work without a change in core.
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { connectAdmin } from '@xiq-siem/admin-api';
import { loadConfiguration, type Registry } from '@xiq-siem/config';
import { exitCodes, Secret } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { startConnector } from '../src/connector.ts';
import { registry } from '../src/registry.ts';
import { parsePrometheus } from '../src/telemetry/test-prometheus.ts';
import { createClient } from './client.ts';

const never = new AbortController().signal;
const adminFile = z.object({ token: z.string() });

/** A folder outside the workspace in which a plugin can import the public packages only. */
async function externalPluginFixture() {
  const directory = await mkdtemp(join(tmpdir(), 'external-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'node_modules/@xiq-siem'), { recursive: true });
  const core = fileURLToPath(new URL('../../../packages/core', import.meta.url));
  await symlink(core, join(directory, 'node_modules/@xiq-siem/core'));
  const zod = dirname(createRequire(import.meta.url).resolve('zod/package.json'));
  await symlink(zod, join(directory, 'node_modules/zod'));
  const file = join(directory, 'external-plugin.ts');
  await copyFile(new URL('./fixtures/external-plugin.ts', import.meta.url), file);
  const plugin: typeof import('./fixtures/external-plugin.ts') = await import(pathToFileURL(file).href);
  const withExternal: Registry = {
    self: registry.self,
    sources: [...registry.sources, plugin.externalSource],
    destinations: { ...registry.destinations, 'external-siem': async () => plugin.externalDestination },
  };
  return { directory, registry: withExternal };
}

async function startWith(destination: string) {
  const fixture = await externalPluginFixture();
  const file = join(fixture.directory, 'config.yaml');
  await writeFile(
    file,
    `
server: { port: 0 }
admin: { port: 0 }
healthEvents: { enabled: false }
sources: { theirs: { type: external-cloud, secrets: [{ managed: true }] } }
destinations:
  siem: ${destination}
  archive: { type: file, directory: ./out, batch: { maxAgeMs: 0 } }
`,
  );
  const loaded = await loadConfiguration(file, fixture.registry, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const log = createRecordingLogger();
  const connector = await startConnector(loaded.configuration, { log, now: Date.now });
  onTestFinished(() => connector.stop(0));
  const { token } = adminFile.parse(JSON.parse(await readFile(join(fixture.directory, 'data/admin.json'), 'utf8')));
  return { log, connector, client: connectAdmin({ url: connector.adminUrl, token: new Secret(token) }) };
}

test('the metrics and verdict codes that an external plugin declares are counted and shown', async () => {
  const { log, connector, client } = await startWith('{ type: external-siem, batch: { maxAgeMs: 0 } }');
  const web = createClient(connector.url, 'unasked');
  onTestFinished(() => web.close());
  expect(await web.post('/webhooks/theirs/LINES', 'even\nodd\neven')).toMatchObject({ status: 202 });
  await expect
    .poll(async () => (await client.status({}, never)).destinations)
    .toMatchObject([
      { name: 'siem', counters: { normalized: 3, delivered: 2, deadLettered: 1, unaccounted: 0 } },
      { name: 'archive', counters: { normalized: 3, delivered: 3, unaccounted: 0 } },
    ]);
  expect(await client.listDeadLetters({}, never)).toMatchObject({
    entries: [{ destination: 'siem', code: 'odd_event', message: 'it is odd', dataset: 'theirs.line', element: 1 }],
  });

  const families = parsePrometheus((await web.get(`${connector.adminUrl}/metrics`)).body);
  expect(families.filter(({ help }) => help === '' || help.includes('description missing'))).toEqual([]);
  const family = (name: string) => families.find((one) => one.name === name);
  expect(family('xiq_siem_destination_odd_events_total')).toMatchObject({
    type: 'COUNTER',
    help: 'External: events of an odd value.',
    metrics: [{ labels: { destination: 'siem', parity: 'odd' }, value: '1' }],
  });
  expect(family('xiq_siem_source_lines_total')).toMatchObject({
    type: 'COUNTER',
    help: 'External: lines that were read.',
    metrics: [{ labels: { source: 'theirs' }, value: '3' }],
  });
  expect(family('xiq_siem_source_events_total')).toMatchObject({
    help: 'Events that were normalized.',
    metrics: [{ labels: { source: 'theirs', dataset: 'theirs.line' }, value: '3' }],
  });

  // Undeclared ones make no series, are counted, and are logged once for each reason.
  expect(families.filter(({ name }) => /even_events|source_odd/.test(name))).toEqual([]);
  const refused = family('xiq_siem_telemetry_rejected_counts_total')?.metrics ?? [];
  expect(refused.map(({ labels: { source, destination, reason } }) => [source ?? destination, reason]).sort()).toEqual([
    ['siem', 'attribute_not_declared'],
    ['siem', 'attribute_too_long'],
    ['siem', 'metric_not_declared'],
    ['theirs', 'metric_not_declared'],
  ]);
  expect(log.of('plugin.metric_rejected')).toHaveLength(4);
});

test('an error that an external plugin declares keeps its code and its exit code', async () => {
  await expect(startWith('{ type: external-siem, licensed: false }')).rejects.toMatchObject({
    name: 'ConnectorError',
    code: 'external_unlicensed',
    exitCode: exitCodes.permission,
    message: 'there is no license: buy one',
  });
});
