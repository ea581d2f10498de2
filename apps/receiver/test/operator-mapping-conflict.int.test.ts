// An incident: Elasticsearch rejects documents of one type. The operator sees it, fixes it, and retries.
import { routes, type Status } from '@xiq-siem/admin-api';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inElasticsearch, inFiles } from './arrivals.ts';
import { copiesBy, differences, onceEach } from './copies.ts';
import { audits } from './elastic-events.ts';
import { elasticOf } from './elastic-server.ts';
import { type OperatorFixture, only, operatorFixture } from './operator-fixture.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('elasticsearch', {});
}, 600_000);
afterAll(() => server?.stop());

const custom = '/_component_template/logs-extreme_xiq@custom';
const userNamesAreNumbers = {
  settings: { index: { mapping: { ignore_malformed: false } } },
  mappings: { properties: { user: { properties: { name: { type: 'long' } } } } },
  data_stream_options: { failure_store: { enabled: false } },
};
const pollOptions = { timeout: 20_000, interval: 100 };

const statusOf = ({ work }: OperatorFixture): Promise<Status> => work.status();
const elasticIn = ({ destinations }: Status) => only(destinations.filter(({ name }) => name === 'elastic'));

test('a mapping conflict is shown, explained, fixed and retried, and at every moment the counters reconcile', async () => {
  await using fixture = await operatorFixture({
    healthEvents: { enabled: false },
    destinations: {
      archive: { type: 'file', directory: './out', minFreeBytes: 0 },
      elastic: { type: 'elasticsearch', nodes: [server.url] },
    },
  });
  const elastic = await elasticOf(server);
  expect(await fixture.run('setup elastic --yes')).toMatchObject({ code: 0 });
  await elastic.request('PUT', custom, { template: userNamesAreNumbers });
  const connector = await fixture.start();
  const watch = fixture.watchStatus();
  const settled = async (events: number) => {
    const { lag, counters } = elasticIn(await statusOf(fixture));
    return lag.bodies === 0 && counters.normalized === events;
  };
  expect(await fixture.run('status')).toMatchObject({
    code: 0,
    output: expect.stringContaining('every event is accounted for'),
  });
  await expect.poll(() => watch.said.length, pollOptions).toBeGreaterThan(0);

  await connector.post('AUDIT_LOG_ALL', audits(20, 0, '4711'));
  const receipt = await connector.post('AUDIT_LOG_ALL', [...audits(10, 100, 'j.doe'), ...audits(5, 200, '4711')]);
  await expect.poll(() => settled(35), pollOptions).toBe(true);

  // What is stuck, and why.
  const withProblems = await fixture.run('status');
  expect(withProblems.code).toBe(1);
  expect(withProblems.output).toMatch(/^DEAD LETTERS: 10 of elastic; nothing is lost/);
  expect(withProblems.output).toContain('10 dead letters. Next: xiq-siem dlq list --destination elastic');
  const listed = only((await fixture.runJson(routes.listDeadLetters, 'dlq list --destination elastic')).lines);
  expect(listed).toMatchObject({ matched: 10, open: 10 });
  for (const entry of listed.entries) {
    const message = expect.stringContaining('failed to parse field [user.name] of type [long]');
    expect(entry).toMatchObject({ destination: 'elastic', code: 'mapping_conflict', receipt, message });
  }
  const groups = only((await fixture.runJson(routes.groupDeadLetters, 'dlq list --summary')).lines);
  const group = { destination: 'elastic', code: 'mapping_conflict', dataset: 'extreme_xiq.audit', events: 10 };
  expect(groups.groups).toEqual([expect.objectContaining(group)]);
  const [first] = listed.entries;
  if (first === undefined) throw new Error('no dead letter is listed');
  const shown = only((await fixture.runJson(routes.showDeadLetter, `dlq show ${first.number}`)).lines);
  expect(shown).toMatchObject({ entry: first, document: { user: { name: 'j.doe' }, event: { id: first.eventId } } });
  const refused = await fixture.run(`trace ${first.eventId}`);
  expect(refused).toMatchObject({ code: 0, output: expect.stringContaining('elastic: dead-lettered') });
  expect(refused.output).toContain(`xiq-siem dlq show ${first.number}`);
  expect(refused.output).toContain('archive: delivered (stored)');

  // Too early: the dead letters stay, with their new reason.
  const early = await fixture.runJson(routes.watchJob, 'dlq retry --destination elastic');
  expect(early.code).toBe(1);
  expect(only(early.lines.at(-1)?.streams ?? [])).toMatchObject({
    done: 10,
    total: 10,
    delivered: 0,
    deadLettered: 10,
  });
  expect(elasticIn(await statusOf(fixture)).deadLetters).toMatchObject({ open: 10, delivered: 0 });
  const again = only((await fixture.runJson(routes.listDeadLetters, `dlq list --event ${first.eventId}`)).lines);
  const { number: deadLetter, attempts } = only(again.entries);
  expect(attempts).toBeGreaterThan(first.attempts);

  await elastic.request('DELETE', custom);
  await elastic.request('POST', '/logs-extreme_xiq.audit-default/_rollover');
  const retried = await fixture.runJson(routes.watchJob, 'dlq retry --destination elastic');
  expect(retried.code).toBe(0);
  expect(retried.lines.at(-1)).toMatchObject({ kind: 'retry', state: 'done' });
  expect(only(retried.lines.at(-1)?.streams ?? [])).toMatchObject({ delivered: 10, deadLettered: 0 });
  const after = await fixture.run('status');
  expect(after).toMatchObject({
    code: 0,
    output: expect.stringContaining('Nothing is lost: every event is accounted for'),
  });
  expect(only((await fixture.runJson(routes.listDeadLetters, 'dlq list')).lines)).toMatchObject({
    entries: [],
    open: 0,
  });

  // The trace of one event, by its receipt and by its id.
  const byReceipt = await fixture.runJson(routes.traceReceipt, `trace ${receipt}`);
  expect(byReceipt).toMatchObject({ code: 0, lines: [{ receipt, found: 'kept', body: { source: 'xiq' } }] });
  const { events } = only(byReceipt.lines);
  expect(events).toHaveLength(15);
  const byId = await fixture.runJson(routes.traceEvent, `trace ${first.eventId}`);
  expect(byId.lines.at(-1)).toMatchObject({ kind: 'end', found: 1 });
  const told = only(byId.lines.flatMap((line) => (line.kind === 'trace' ? [line.trace] : [])));
  expect(told).toMatchObject({ receipt, body: { messageType: 'AUDIT_LOG_ALL', origin: 'webhook' } });
  expect(told.events).toEqual(events.filter(({ id }) => id === first.eventId));
  expect(only(told.events)).toMatchObject({
    dataset: 'extreme_xiq.audit',
    destinations: [
      { destination: 'archive', verdict: 'delivered', assurance: 'stored' },
      { destination: 'elastic', verdict: 'delivered', assurance: 'indexed', deadLetter },
    ],
  });

  const openAtLast = () => watch.said.at(-1)?.destinations.map(({ deadLetters }) => deadLetters.open);
  await expect.poll(openAtLast, pollOptions).toEqual([0, 0]);
  await watch.end();
  for (const { reconciled, destinations } of watch.said) {
    expect(reconciled).toBe(true);
    for (const { counters, deadLetters } of destinations) {
      const { normalized, delivered, deadLettered, filtered, damaged, inFlight } = counters;
      expect(delivered + deadLettered + filtered + damaged + inFlight).toBe(normalized);
      expect(deadLetters.open + deadLetters.delivered + deadLetters.dropped).toBe(deadLettered);
    }
  }
  const openByThen = watch.said.map((status) => elasticIn(status).deadLetters.open);
  expect(openByThen[0]).toBe(0);
  expect(openByThen).toContain(10);

  expect(await connector.end('SIGTERM')).toBe(0);
  const archive = await inFiles(`${fixture.work.directory}/out`);
  expect(archive).toHaveLength(35);
  expect(differences(copiesBy(await inElasticsearch(server), 'id'), onceEach(archive))).toEqual([]);
}, 120_000);
