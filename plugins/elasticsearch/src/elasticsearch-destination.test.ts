import { describe, expect, onTestFinished, test } from 'vitest';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { templateMetaOf } from './template-version.ts';
import { apiKey, batchOf, keyText, noSignal, testFields } from './test-context.ts';
import { starter } from './test-destination.ts';
import { type Script, startTestServer } from './test-server.ts';

const start = starter(onTestFinished);
const delivered = { verdict: 'delivered' };
const error = (type: string, reason = 'because') => ({ error: { type, reason } });

describe('a request', () => {
  test('creates each event under its id, with content types that 8.x and 9.x accept', async () => {
    const { server, destination } = await start();
    const { items } = batchOf(['a', 'b'], { namespace: 'site_1' });
    await destination.deliver({ items }, noSignal);
    const [bulk] = server.bulks();
    expect(bulk?.body).toBe(
      items
        .map(({ id, json }) => `{"create":{"_index":"logs-extreme_xiq.audit-site_1","_id":"${id}"}}\n${json}\n`)
        .join(''),
    );
    expect(bulk?.headers).toMatchObject({
      accept: 'application/vnd.elasticsearch+json; compatible-with=8',
      'content-type': 'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
      'content-encoding': 'gzip',
      authorization: `ApiKey ${keyText}`,
    });
    expect(bulk?.query.get('require_data_stream')).toBe('true');
    expect(bulk?.query.get('filter_path')?.split(',')).toContain('items.*.failure_store');
  });

  test('is not compressed if gzip is off', async () => {
    const { server, send } = await start({ gzip: false });
    await send('a');
    expect(server.bulks()[0]?.headers['content-encoding']).toBeUndefined();
  });

  test('sends the current key, in both of its forms', async () => {
    const { server, send, secrets } = await start();
    await send('a');
    secrets.set(apiKey.env, 'id:key');
    await send('b');
    expect(server.bulks().map(({ headers }) => headers.authorization)).toEqual([
      `ApiKey ${keyText}`,
      `ApiKey ${Buffer.from('id:key').toString('base64')}`,
    ]);
  });

  test('is not sent without a valid key', async () => {
    const { server, send, secrets } = await start();
    secrets.set(apiKey.env, 'two\nlines');
    expect(await send('a')).toMatchObject({ batch: 'misconfigured', code: 'invalid_request' });
    secrets.set(apiKey.env, '');
    expect(await send('a')).toMatchObject({ batch: 'misconfigured', code: 'secret_unavailable' });
    secrets.delete(apiKey.env);
    expect(await send('a')).toMatchObject({ batch: 'misconfigured', code: 'secret_unavailable' });
    expect(server.bulks()).toEqual([]);
  });

  test('sends a user name and password', async () => {
    const basic = { username: 'wrîter', password: apiKey };
    const { server, send } = await start({ apiKey: undefined, basic });
    await send('a');
    const sent = server.bulks()[0]?.headers.authorization ?? '';
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe(`wrîter:${keyText}`);
  });

  test('goes to the nodes in turn', async () => {
    const other = await startTestServer();
    onTestFinished(() => other.down());
    const { server, context, config } = await start({ requireTemplate: false });
    const nodes = [server.url, other.url];
    const destination = await elasticsearchDestination.create({ ...config, nodes }, context);
    for (const id of ['a', 'b', 'c', 'd']) await destination.deliver(batchOf([id]), noSignal);
    expect([server.bulks().length, other.bulks().length]).toEqual([2, 2]);
    await destination.close?.();
  });
});

test('certificate and key are passed to the agent, and a missing file is a configuration error', async () => {
  const { context, config, logged } = await start();
  const file = import.meta.filename;
  const seen: unknown[] = [];
  const spying: typeof context = {
    ...context,
    agent(url, tls) {
      seen.push([url.href, tls?.cert?.slice(0, 6), tls?.key?.slice(0, 6), tls?.rejectUnauthorized]);
      return context.agent(url, tls);
    },
  };
  const clientCertificate = { certFile: file, keyFile: file };
  const changed = { ...config, nodes: ['https://es.example:9200'], clientCertificate, verifyTls: false };
  await elasticsearchDestination.create(changed, spying);
  expect(seen).toEqual([['https://es.example:9200/', 'import', 'import', false]]);
  expect(logged.map(({ event }) => event)).toContain('destination.tls_not_verified');
  const missing = { ...changed, clientCertificate: { certFile: file, keyFile: '/nowhere/key.pem' } };
  await expect(elasticsearchDestination.create(missing, context)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('clientCertificate.keyFile /nowhere/key.pem'),
  });
});

test('an event with an invalid data set or namespace is rejected, the others are sent', async () => {
  const { server, destination } = await start();
  const parts = [{}, { dataset: 'x-y' }, { namespace: '../_all' }, { namespace: 'Big' }, { dataset: 'a'.repeat(101) }];
  const items = parts.flatMap((part, index) =>
    batchOf([`id-${index}`], part).items.map((item) => ({ ...item, index })),
  );
  const report = await destination.deliver({ items }, noSignal);
  const verdicts = new Map('items' in report ? report.items.map((item) => [item.index, item.verdict]) : []);
  expect([0, 1, 2, 3, 4].map((index) => verdicts.get(index))).toEqual(['delivered', ...Array(4).fill('rejected')]);
  expect(server.documents.map(({ stream }) => stream)).toEqual(['logs-extreme_xiq.audit-default']);
});

test('an event that is not sent keeps its verdict if the request fails', async () => {
  const { script, destination } = await start();
  const [bad, good] = [batchOf(['bad'], { dataset: 'x-y' }).items[0], batchOf(['good']).items[0]];
  if (bad === undefined || good === undefined) throw new Error('no events');
  script({ status: 504, body: '' });
  const report = await destination.deliver({ items: [bad, { ...good, index: 1 }] }, noSignal);
  expect(report).toEqual({
    items: [
      { index: 1, verdict: 'unknown', code: 'gateway_timeout', message: expect.any(String) },
      { index: 0, verdict: 'rejected', code: 'invalid_stream_name', message: expect.any(String) },
    ],
  });
});

describe('while the template is not active', () => {
  test('nothing is sent; after setup the same events are delivered', async () => {
    const { server, send, setup } = await start({}, false);
    expect(await send('a')).toMatchObject({
      batch: 'misconfigured',
      code: 'template_inactive',
      message: expect.stringContaining('xiq-siem setup'),
    });
    expect(server.bulks()).toEqual([]);
    await setup.apply();
    expect(await send('a')).toMatchObject({ items: [delivered] });
  });

  test('only the events of that data stream are blocked', async () => {
    const { server, destination } = await start();
    server.written.set('/_index_template/other', { index_patterns: ['logs-*.sms-*'], priority: 900 });
    const [audit, sms] = [batchOf(['a']).items[0], batchOf(['s'], { dataset: 'extreme_xiq.sms' }).items[0]];
    if (audit === undefined || sms === undefined) throw new Error('no events');
    const message = expect.stringContaining('other (priority 900)');
    // The second delivery uses the cached result for the audit stream, and still reports the fault of the other one.
    for (const duplicate of [{}, { duplicate: true }]) {
      const report = await destination.deliver({ items: [{ ...sms, index: 1 }, audit] }, noSignal);
      expect(report).toMatchObject({
        items: [
          { index: 0, verdict: 'delivered', ...duplicate },
          { index: 1, verdict: 'blocked', code: 'template_inactive', message },
        ],
      });
    }
  });

  test('only the data stream without read privilege is blocked', async () => {
    const { server, destination } = await start();
    const forbidden = { status: 403, body: error('security_exception', 'granted by [view_index_metadata]') };
    server.script(({ path }) => (path === '/_resolve/index/logs-extreme_xiq.sms-default' ? forbidden : undefined));
    const [audit, sms] = [batchOf(['a']).items[0], batchOf(['s'], { dataset: 'extreme_xiq.sms' }).items[0]];
    if (audit === undefined || sms === undefined) throw new Error('no events');
    const message = expect.stringContaining('[view_index_metadata]');
    expect(await destination.deliver({ items: [{ ...sms, index: 1 }, audit] }, noSignal)).toMatchObject({
      items: [delivered, { index: 1, verdict: 'blocked', code: 'forbidden', message }],
    });
  });

  test('a data stream with the mappings of the connector and dynamic mapping is blocked', async () => {
    const { server, send } = await start();
    const backing_indices = ['.ds-old', '.ds-new'];
    const mapped =
      (dynamic: string): Script =>
      ({ path }) => {
        if (path.startsWith('/_resolve/')) return { body: { data_streams: [{ name: 'it', backing_indices }] } };
        const mappings = { _meta: templateMetaOf(testFields), dynamic };
        return path === '/.ds-new/_mapping' ? { body: { '.ds-new': { mappings } } } : undefined;
      };
    server.script(mapped('true'));
    expect(await send('a')).toMatchObject({ items: [{ verdict: 'blocked', code: 'rollover_needed' }] });
    server.script(mapped('false'));
    expect(await send('a')).toMatchObject({ items: [delivered] });
  });

  test('a data stream that was created before the template is blocked until it rolls over', async () => {
    const { server, send, setup, config, context } = await start({}, false);
    server.written.set('/_index_template/logs-extreme_xiq', {});
    const unchecked = await elasticsearchDestination.create({ ...config, requireTemplate: false }, context);
    expect(await unchecked.deliver(batchOf(['early']), noSignal)).toMatchObject({ items: [delivered] });
    expect(server.requests.map(({ path }) => path)).toEqual(['/_bulk']);
    await unchecked.close?.();
    const forbidden = { status: 403, body: error('security_exception', 'granted by [manage]') };
    server.script(({ path }) => (path.endsWith('/_rollover') ? forbidden : undefined));
    await expect(setup.apply()).rejects.toMatchObject({ message: expect.stringContaining('[manage]') });
    const message = expect.stringContaining('logs-extreme_xiq.audit-default writes to');
    expect(await send('a')).toMatchObject({ items: [{ verdict: 'blocked', code: 'rollover_needed', message }] });
    server.script(undefined);
    await setup.apply();
    expect(await send('a')).toMatchObject({ items: [delivered] });
  });

  test('the template is checked at the start, once an hour, and again if an index is missing', async () => {
    const { server, send, script, clock } = await start();
    const before = server.requests.length;
    const checks = () => server.requests.slice(before).filter(({ path }) => path === '/_index_template').length;
    await send('a');
    await send('b');
    expect(checks()).toBe(1);
    clock.nowMs += 3_599_999;
    await send('c');
    expect(checks()).toBe(1);
    clock.nowMs += 1;
    await send('d');
    expect(checks()).toBe(2);
    script({ body: { items: [{ create: { _id: 'e', status: 404, ...error('index_not_found_exception') } }] } });
    expect(await send('e')).toMatchObject({ items: [{ verdict: 'blocked', code: 'index_missing' }] });
    server.script(undefined);
    expect(await send('e')).toMatchObject({ items: [delivered] });
    expect(checks()).toBe(3);
  });

  test('a failed check sends nothing, and rejects no event', async () => {
    const { server, send } = await start();
    server.script(({ path }) => (path === '/_index_template' ? 'cut' : undefined));
    expect(await send('a')).toMatchObject({ batch: 'unavailable', code: 'connection_lost' });
    server.script(({ path }) =>
      path === '/_component_template' ? { status: 403, body: error('security_exception', '[monitor]') } : undefined,
    );
    expect(await send('a')).toMatchObject({ batch: 'misconfigured', code: 'forbidden' });
    expect(server.bulks()).toEqual([]);
  });
});

test('events are blocked if the server blocks writes to their data stream', async () => {
  const { script, send } = await start();
  const blocked = { status: 403, ...error('cluster_block_exception', 'index write (api)') };
  script({ body: { items: [{ create: { _id: 'a', ...blocked } }] } });
  expect(await send('a')).toMatchObject({ items: [{ verdict: 'blocked', code: 'write_blocked' }] });
  script({ body: { items: [{ create: { _id: 'a', status: 201 } }, { create: { _id: 'b', ...blocked } }] } });
  expect(await send('a', 'b')).toMatchObject({ items: [delivered, { verdict: 'blocked', code: 'write_blocked' }] });
});

test('an event with status 429 is retried, and fewer events are sent at once', async () => {
  const { script, send } = await start();
  const busy = { status: 429, ...error('es_rejected_execution_exception') };
  script({ body: { items: [{ create: { _id: 'a', status: 201 } }, { create: { _id: 'b', ...busy } }] } });
  expect(await send('a', 'b')).toMatchObject({
    items: [delivered, { verdict: 'retry', code: 'too_many_requests' }],
    slowDown: true,
  });
});

test('L5: an event in the failure store is degraded, with advice about Elasticsearch', async () => {
  const { script, send } = await start();
  script({ body: { items: [{ create: { _id: 'another', status: 201, failure_store: 'used' } }] } });
  expect(await send('a')).toEqual({ items: [{ index: 0, verdict: 'delivered', degraded: 'failure_store' }] });
  expect(elasticsearchDestination.degraded?.failure_store).toMatch(/::failures.*xiq-siem setup --dry-run.*replay/);
});
