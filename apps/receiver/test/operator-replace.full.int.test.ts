// docs/guides/operating.md, "Replacing documents in Elasticsearch": with API keys that have the documented privileges.
import { readFile } from 'node:fs/promises';
import { routes } from '@xiq-siem/admin-api';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { elasticOf } from './elastic-server.ts';
import { bodies, mappedFieldsOf, mapping } from './mapping-change.ts';
import { only, operatorFixture } from './operator-fixture.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch-full', {});
}, 900_000);
afterAll(() => server?.stop());

const streams = 'logs-extreme_xiq.*-*';
const setupRights = {
  cluster: ['monitor', 'manage_index_templates'],
  indices: [{ names: [streams], privileges: ['manage', 'view_index_metadata'] }],
};
const writerRights = {
  cluster: ['monitor'],
  indices: [{ names: [streams], privileges: ['auto_configure', 'create_doc', 'read', 'view_index_metadata'] }],
};
const replacerRights = ['read', 'delete', 'maintenance'];
const all = 35;

/** The query of the guide, for another span and another mapping. */
async function queryOfTheGuide({ from, to, version }: Readonly<Record<'from' | 'to' | 'version', string>>) {
  const guide = await readFile(new URL('../../../docs/guides/operating.md', import.meta.url), 'utf8');
  const [, text = ''] = /^```json\n(.*?)^```$/ms.exec(guide) ?? [];
  const written = { '2026-11-24T00:00:00Z': from, '2026-11-25T00:00:00Z': to, '1+86f4fd81668d': version };
  const changed = Object.entries(written).reduce((sum, [printed, ours]) => {
    expect(sum).toContain(printed);
    return sum.replaceAll(printed, ours);
  }, text);
  return z.object({ query: z.looseObject({}) }).parse(JSON.parse(changed));
}

test('documents are deleted by query, and replayed with the current mapping', async () => {
  const elastic = await elasticOf(server);
  // The mapping does not affect the connector's own events.
  const mapped = { exists: { field: 'extreme.xiq.mapping_version' } };
  const inElastic = async () => mappedFieldsOf((await elastic.search(streams, mapped)).map(({ _source }) => _source));
  const replacer = { username: 'replacer', password: 'testbed-4711' };
  await elastic.request('PUT', '/_security/role/replacer', {
    indices: [{ names: [streams], privileges: replacerRights }],
  });
  const { password } = replacer;
  await elastic.request('PUT', '/_security/user/replacer', { password, roles: ['replacer'] });
  const asReplacer = await elasticOf(server, replacer);
  const keyOf = async (rights: object) => {
    const wanted = { name: 'xiq-siem', role_descriptors: { only: rights } };
    return (await elastic.request('POST', '/_security/api_key', wanted)).encoded;
  };
  const type = 'elasticsearch';
  const toElastic = { type, nodes: [server.url], apiKey: { file: './key' }, caFile: server.caFile };
  const keys = { mapping: './mapping.yaml', destinations: { elastic: toElastic } };
  const files = { 'mapping.yaml': 'fields: {}\n', key: await keyOf(setupRights) };
  await using fixture = await operatorFixture(keys, files);
  expect(await fixture.run('setup elastic --yes')).toMatchObject({ code: 0 });
  await fixture.write('key', await keyOf(writerRights));
  const from = new Date().toISOString();
  const connector = await fixture.start();
  for (const [messageType, events] of Object.entries(bodies)) await connector.post(messageType, events);
  await expect.poll(async () => (await inElastic()).length, { timeout: 30_000 }).toBe(all);
  const to = new Date().toISOString();
  const before = await inElastic();
  expect(await fixture.run('doctor')).toMatchObject({ code: 0, output: expect.stringContaining('found in') });

  await fixture.write('mapping.yaml', mapping);
  const reloaded = await fixture.runJson(routes.reload, 'reload');
  expect(reloaded.code).toBe(0);
  const { query } = await queryOfTheGuide({ from, to, version: only(reloaded.lines).mappingVersion });
  const span = `--from ${from} --to ${to} --where source=xiq`;
  expect((await fixture.runJson(routes.previewReplay, `replay ${span} --dry-run`)).lines.at(-1)).toMatchObject({
    kind: 'end',
    events: (await elastic.search(streams, query)).length,
  });
  const deletion = await asReplacer.request('POST', `/${streams}/_delete_by_query?refresh&conflicts=proceed`, {
    query,
  });
  expect(deletion).toMatchObject({ deleted: all, failures: [] });
  const replayed = await fixture.runJson(routes.watchJob, `replay ${span} --destination elastic`);
  expect(replayed.code).toBe(0);
  expect(only(replayed.lines.at(-1)?.streams ?? [])).toMatchObject({ delivered: all, duplicate: 0, deadLettered: 0 });
  const after = await inElastic();
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(new Set(after.map(({ mappingVersion }) => mappingVersion))).toEqual(
    new Set([only(reloaded.lines).mappingVersion]),
  );
  expect(after.filter(({ action, username }) => action === 'ssid-changed' && username === 'j.doe')).toHaveLength(20);
  // A second deletion finds nothing, and the replay makes no second copy.
  expect(await asReplacer.request('POST', `/${streams}/_delete_by_query?refresh`, { query })).toMatchObject({
    deleted: 0,
  });
  expect(await connector.end('SIGTERM')).toBe(0);
}, 120_000);
