// Events that Elasticsearch does not accept, and their delivery after the fix.
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { audits, texts } from './elastic-events.ts';
import {
  clean,
  type ElasticConnector,
  type ElasticFixtureOptions,
  elasticFixture,
  healthy,
} from './elastic-fixture.ts';

// Events that need an operator are retried after 5 s at most, then 10, then 20.
const pollOptions = { timeout: 45_000, interval: 100 };
vi.setConfig({ testTimeout: 120_000 });

async function start(server: RunningServer, options: ElasticFixtureOptions) {
  const fixture = await elasticFixture(server, options);
  onTestFinished(() => fixture.remove());
  const connector = await fixture.start();
  return { fixture, connector };
}

const waitFor = (connector: ElasticConnector, wanted: object) =>
  expect.poll(() => connector.status(), pollOptions).toMatchObject(wanted);

/** Each of `events` is stored once, and none is a dead letter. */
async function expectAllDelivered(connector: ElasticConnector, events: number) {
  await waitFor(connector, { ...healthy, counters: { ...clean, delivered: events } });
  const { posted, found, deadLetters } = await connector.end();
  expect(posted.size).toBe(events);
  expect(found).toEqual(posted);
  expect(deadLetters).toEqual([]);
}

describe('Elasticsearch 9.5', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer('elasticsearch', {});
  }, 600_000);
  afterAll(() => server?.stop());

  test("without the connector's template the destination pauses until setup has run", async () => {
    const { fixture, connector } = await start(server, { namespace: 'early' });
    await connector.post(audits(20), 'AUDIT_LOG_ALL');
    await waitFor(connector, {
      ...{ state: 'paused', reason: 'template_inactive', open: 20, counters: { ...clean, delivered: 0 } },
      lastMessage: expect.stringContaining('run `xiq-siem setup`'),
    });
    await fixture.setup();
    await expectAllDelivered(connector, 20);
  });

  describe("with the connector's template", () => {
    beforeAll(async () => {
      const fixture = await elasticFixture(server, { namespace: 'any' });
      await fixture.setup();
      await fixture.remove();
    });

    test('a write block blocks the events of its data stream; others are delivered', async () => {
      const { fixture, connector } = await start(server, { namespace: 'blocked' });
      const { elastic } = fixture;
      await connector.post([...audits(1), ...texts(1)]);
      await waitFor(connector, { open: 0, counters: { delivered: 2 } });
      const block = async (write: boolean) =>
        elastic.request('PUT', `/${await elastic.writeIndex(fixture.streamOf('audit'))}/_settings`, {
          'index.blocks.write': write,
        });
      await block(true);
      await connector.post([...audits(20, 100), ...texts(20, 100)]);
      const blocked = {
        events: 20,
        code: 'write_blocked',
        message: expect.stringContaining('cluster_block_exception'),
      };
      await waitFor(connector, { state: 'running', blocked, open: 20, counters: { ...clean, delivered: 22 } });
      expect(await connector.found()).toEqual({ 'extreme_xiq.audit': 1, 'extreme_xiq.sms': 21 });
      await block(false);
      await expectAllDelivered(connector, 42);
    });

    test('a template with a higher priority blocks the events of its data streams until it is removed', async () => {
      const { fixture, connector } = await start(server, { namespace: 'outranked' });
      const other = { index_patterns: ['logs-extreme_xiq.audit-outranked*'], priority: 900, data_stream: {} };
      await fixture.elastic.request('PUT', '/_index_template/other', other);
      await connector.post([...audits(20), ...texts(20)]);
      const message = expect.stringContaining('index template other (priority 900) overrides logs-extreme_xiq');
      await waitFor(connector, {
        ...{ state: 'running', blocked: { events: 20, code: 'template_inactive', message }, open: 20 },
        counters: { ...clean, delivered: 20 },
      });
      await fixture.elastic.request('DELETE', '/_index_template/other');
      await expectAllDelivered(connector, 40);
    });

    test('a data stream created by another template is blocked until setup has rolled it over', async () => {
      const { fixture, connector } = await start(server, { namespace: 'foreign' });
      const { elastic } = fixture;
      const other = { index_patterns: ['logs-extreme_xiq.audit-foreign*'], priority: 901, data_stream: {} };
      await elastic.request('PUT', '/_index_template/foreign', other);
      const guessed = { '@timestamp': '2026-01-01T00:00:00Z', 'user.id': 1 };
      await elastic.request('PUT', `/${fixture.streamOf('audit')}/_create/guessed`, guessed);
      await elastic.request('DELETE', '/_index_template/foreign');
      await connector.post(audits(20), 'AUDIT_LOG_ALL');
      await waitFor(connector, {
        blocked: { events: 20, code: 'rollover_needed' },
        counters: { ...clean, delivered: 0 },
      });
      await fixture.setup();
      await waitFor(connector, { ...healthy, counters: { ...clean, delivered: 20 } });
      const { posted, found, deadLetters } = await connector.end();
      expect(found).toEqual(new Set([...posted, 'guessed']));
      expect(deadLetters).toEqual([]);
    });

    describe('with a field that the operator mapped to another type', () => {
      const custom = '/_component_template/logs-extreme_xiq@custom';
      const userNamesAreNumbers = {
        settings: { index: { mapping: { ignore_malformed: false } } },
        mappings: { properties: { user: { properties: { name: { type: 'long' } } } } },
      };
      const noFailureStore = { data_stream_options: { failure_store: { enabled: false } } };

      test('the failure store accepts documents that do not fit: delivered, and counted as degraded', async () => {
        const { fixture, connector } = await start(server, { namespace: 'misfits' });
        await fixture.elastic.request('PUT', custom, { template: userNamesAreNumbers });
        await connector.post([...audits(20, 0, '4711'), ...audits(10, 100, 'j.doe')], 'AUDIT_LOG_ALL');
        await waitFor(connector, { ...healthy, counters: { ...clean, delivered: 30, degraded: 10 } });
        expect(await connector.found()).toEqual({ 'extreme_xiq.audit': 20 });
        const failures = await fixture.elastic.search(`${fixture.streamOf('audit')}::failures`);
        expect(failures).toHaveLength(10);
        expect(JSON.stringify(failures)).toContain('failed to parse field [user.name] of type [long]');
        await fixture.elastic.request('DELETE', custom);
        expect((await connector.end()).deadLetters).toEqual([]);
      });

      test('without a failure store exactly the documents that do not fit are dead letters, with the message of the server', async () => {
        const { fixture, connector } = await start(server, { namespace: 'conflict' });
        await fixture.elastic.request('PUT', custom, { template: { ...userNamesAreNumbers, ...noFailureStore } });
        await connector.post([...audits(20, 0, '4711'), ...audits(10, 100, 'j.doe')], 'AUDIT_LOG_ALL');
        await waitFor(connector, { ...healthy, counters: { ...clean, delivered: 20, deadLettered: 10 } });
        await fixture.elastic.request('DELETE', custom);
        const { posted, found, deadLetters } = await connector.end();
        expect(found.size).toBe(20);
        expect(new Set([...found, ...deadLetters.map(({ id }) => id)])).toEqual(posted);
        expect(deadLetters).toHaveLength(10);
        for (const { code, message, json } of deadLetters) {
          expect(code).toBe('mapping_conflict');
          expect(message).toContain('document_parsing_exception');
          expect(message).toContain('failed to parse field [user.name] of type [long]');
          expect(JSON.parse(json)).toMatchObject({ user: { name: 'j.doe' } });
        }
      });

      test('L8: where no document fits the destination pauses at the first batch, and delivers all events after the fix', async () => {
        const keys = { batch: { maxEvents: 10 } };
        const { fixture, connector } = await start(server, { namespace: 'burst', keys });
        const { elastic } = fixture;
        await elastic.request('PUT', custom, { template: { ...userNamesAreNumbers, ...noFailureStore } });
        await connector.post(audits(100), 'AUDIT_LOG_ALL');
        await waitFor(connector, {
          ...{ state: 'paused', reason: 'mapping_conflict' },
          counters: { ...clean, delivered: 0, deadLettered: 0 },
        });
        await elastic.request('DELETE', custom);
        await elastic.request('POST', `/${fixture.streamOf('audit')}/_rollover`);
        await waitFor(connector, { ...healthy, counters: { ...clean, delivered: 100, deadLettered: 0 } });
        const { posted, found, deadLetters } = await connector.end();
        expect([found, deadLetters]).toEqual([posted, []]);
      });
    });
  });
});

test('with 429 responses all events are delivered in smaller batches, none twice', async () => {
  const small = await startServer('elasticsearch', { settings: { 'indexing_pressure.memory.limit': '64kb' } });
  onTestFinished(() => small.stop());
  const retry = { initialMs: 50, maxMs: 500 };
  const { fixture, connector } = await start(small, { namespace: 'busy', keys: { retry } });
  await fixture.setup();
  await connector.post(audits(200, 0, 'j.doe', 'x'.repeat(1000)), 'AUDIT_LOG_ALL');
  await expectAllDelivered(connector, 200);
  expect(connector.output()).toContain('"code":"too_many_requests"');
});

describe('Elasticsearch 8.19, with TLS and users', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer('elasticsearch-8', {});
  }, 600_000);
  afterAll(() => server?.stop());

  // This build of the server lacks types that the template names; the built-in template of data streams is used.
  const keys = (username: string) => ({
    ...{ requireTemplate: false, caFile: server.caFile },
    basic: { username, password: { file: './password' } },
  });

  test('a password that is no longer valid pauses the destination, and with the next one in its file all events are delivered', async () => {
    const { writer } = server.credentials ?? {};
    if (writer === undefined) throw new Error('the server knows no users');
    const files = { password: `${writer.password}\n` };
    const { fixture, connector } = await start(server, { namespace: 'login', keys: keys(writer.username), files });
    const template = { index_patterns: ['logs-extreme_xiq.*-login'], priority: 200, data_stream: {} };
    await fixture.elastic.request('PUT', '/_index_template/login', template);
    await connector.post(audits(5), 'AUDIT_LOG_ALL');
    await waitFor(connector, { ...healthy, counters: { ...clean, delivered: 5 } });
    await fixture.write('password', 'the-old-one\n');
    // The file is read again within a second: until then, events are sent with the former password.
    let posted = 5;
    const tryOne = async () => {
      await connector.post(audits(1, posted++), 'AUDIT_LOG_ALL');
      return connector.status();
    };
    const paused = { state: 'paused', reason: 'unauthorized', lastMessage: expect.stringContaining('401') };
    await expect.poll(tryOne, pollOptions).toMatchObject(paused);
    await connector.post(audits(20, posted), 'AUDIT_LOG_ALL');
    posted += 20;
    const isKept = (open: number) => open > 20;
    await waitFor(connector, { ...paused, open: expect.toSatisfy(isKept), counters: clean });
    expect(JSON.stringify([await connector.status(), connector.output()])).not.toContain('the-old-one');
    await fixture.write('password', files.password);
    await expectAllDelivered(connector, posted);
  });
});
