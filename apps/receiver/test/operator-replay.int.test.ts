// A mapping is changed and previewed, and a day is replayed with it.
import { routes } from '@xiq-siem/admin-api';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { elasticOf } from './elastic-server.ts';
import { bodies, mappedFieldsOf, mapping } from './mapping-change.ts';
import { only, operatorFixture } from './operator-fixture.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch', {});
}, 600_000);
afterAll(() => server?.stop());

const all = 35;
const changed = 30;
const dayMs = 86_400_000;
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

test('a day replayed with a changed mapping has the same ids and new fields; Elasticsearch keeps the first copy until it is deleted', async () => {
  const destinations = {
    archive: { type: 'file', directory: './out', minFreeBytes: 0 },
    elastic: { type: 'elasticsearch', nodes: [server.url] },
  };
  const keys = { mapping: './mapping.yaml', healthEvents: { enabled: false }, destinations };
  await using fixture = await operatorFixture(keys, { 'mapping.yaml': 'fields: {}\n' });
  const elastic = await elasticOf(server);
  const inElastic = async () =>
    mappedFieldsOf((await elastic.search('logs-extreme_xiq.*-*')).map(({ _source }) => _source));
  expect(await fixture.run('setup elastic --yes')).toMatchObject({ code: 0 });
  const today = dateOf(Date.now());
  const connector = await fixture.start();
  for (const [messageType, events] of Object.entries(bodies)) await connector.post(messageType, events);
  const tomorrow = dateOf(Date.now() + dayMs);
  const delivered = async () => (await fixture.work.status()).destinations.map(({ counters }) => counters.delivered);
  await expect.poll(delivered, { timeout: 20_000 }).toEqual([all, all]);
  const before = await inElastic();
  expect(before).toHaveLength(all);
  expect(mappedFieldsOf(await fixture.work.documents())).toEqual(before);

  // Previewed; nothing is sent.
  await fixture.write('mapping.yaml', mapping);
  const span = `--from ${today} --to ${tomorrow}`;
  const tried = await fixture.runJson(routes.previewReplay, `replay ${span} --dry-run --examples 100`);
  const end = tried.lines.at(-1);
  if (end?.kind !== 'end') throw new Error('the preview has no end');
  expect(end).toMatchObject({ bodies: 2, events: all, changed, idsChanged: 0 });
  expect(new Set(before.map(({ mappingVersion }) => mappingVersion))).toEqual(new Set([end.before]));
  const changes = tried.lines.flatMap((line) => (line.kind === 'change' ? [line] : []));
  expect(changes).toHaveLength(changed);
  const ofField = (name: string) => changes.flatMap(({ fields }) => fields.filter(({ path }) => path === name));
  expect(ofField('user.name')).toEqual(Array(20).fill({ path: 'user.name', before: null, after: 'j.doe' }));
  const action = { path: 'event.action', before: expect.stringMatching(/^xiq-.*50012$/), after: 'ssid-changed' };
  expect(ofField('event.action')).toEqual(Array(20).fill(action));
  // An authentication without a known status has the outcome `unknown`; an audit of an unknown code has none.
  const outcomes = [...Array(20).fill(null), ...Array(10).fill('unknown')];
  expect(ofField('event.outcome')).toEqual(
    outcomes.map((before) => ({ path: 'event.outcome', before, after: 'success' })),
  );
  expect(await fixture.run(`replay ${span} --dry-run`)).toMatchObject({
    code: 0,
    output: expect.stringContaining(`${changed} of ${all} events in 2 requests would change`),
  });
  expect(await inElastic()).toEqual(before);
  expect(mappedFieldsOf(await fixture.work.documents())).toEqual(before);

  // Activated, and sent again.
  const reloaded = await fixture.runJson(routes.reload, 'reload');
  expect(reloaded).toMatchObject({ code: 0, lines: [{ mappingVersion: end.after, needsRestart: [] }] });
  const replayed = await fixture.runJson(routes.watchJob, `replay ${span}`);
  expect(replayed.code).toBe(0);
  const done = { state: 'done', done: 2, total: 2, delivered: all, deadLettered: 0, filtered: 0, damaged: 0 };
  expect(replayed.lines.at(-1)).toMatchObject({
    ...{ kind: 'replay', state: 'done' },
    streams: [
      { destination: 'archive', ...done, duplicate: 0 },
      { destination: 'elastic', ...done, duplicate: all },
    ],
  });
  // Elasticsearch keeps the first copy unchanged; the file has a second one.
  expect(await inElastic()).toEqual(before);
  const archived = await fixture.work.documents();
  expect(archived).toHaveLength(2 * all);
  expect(mappedFieldsOf(archived.slice(0, all))).toEqual(before);
  const renewed = mappedFieldsOf(archived.slice(all));
  expect(renewed.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(new Set(renewed.map(({ mappingVersion }) => mappingVersion))).toEqual(new Set([end.after]));
  const changedAudits = renewed.filter(({ action, outcome }) => action === 'ssid-changed' && outcome === 'success');
  expect(changedAudits.map(({ username }) => username)).toEqual(Array(20).fill('j.doe'));
  expect(renewed.filter(({ dataset, outcome }) => dataset === 'extreme_xiq.sms' && outcome === 'success')).toHaveLength(
    10,
  );

  // Documents that are deleted in Elasticsearch are replaced by the current mapping.
  const stream = 'logs-extreme_xiq.sms-default';
  const index = await elastic.writeIndex(stream);
  for (const { _id } of await elastic.search(stream)) await elastic.request('DELETE', `/${index}/_doc/${_id}`);
  const replacing = await fixture.runJson(
    routes.watchJob,
    `replay ${span} --destination elastic --where dataset=extreme_xiq.sms`,
  );
  expect(replacing.code).toBe(0);
  expect(only(replacing.lines.at(-1)?.streams ?? [])).toMatchObject({ delivered: 10, duplicate: 0, deadLettered: 0 });
  expect(await inElastic()).toEqual(
    before.map((old) => (old.dataset === 'extreme_xiq.sms' ? renewed.find(({ id }) => id === old.id) : old)),
  );
  expect(await fixture.run('status')).toMatchObject({ code: 0 });
  expect(await connector.end('SIGTERM')).toBe(0);
}, 120_000);
