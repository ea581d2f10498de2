import { expect, it } from 'vitest';
import { z } from 'zod';
import { createClient } from './client.ts';
import { until, xiqFixture } from './xiq-fixture.ts';

const minute = 60_000;

const readiness = z.looseObject({
  sources: z.array(
    z.looseObject({ api: z.looseObject({ subscriptions: z.array(z.looseObject({ state: z.string() })) }) }),
  ),
});

type Fixture = Awaited<ReturnType<typeof xiqFixture>>;

async function apiOf(fixture: Fixture) {
  const api = (await fixture.work.status()).sources?.[0]?.api;
  return { api, states: api?.subscriptions.map(({ state }) => state) };
}

const healthEvents = z.looseObject({
  event: z.looseObject({ action: z.string() }),
  data_stream: z.looseObject({ dataset: z.string() }),
});

const alertDocument = z.looseObject({
  event: z.looseObject({ kind: z.literal('alert') }),
  data_stream: z.looseObject({ dataset: z.literal('extreme_xiq.alert') }),
});

async function actionsOf(fixture: Fixture): Promise<readonly string[]> {
  return (await fixture.work.documents()).flatMap((document) => {
    const parsed = healthEvents.safeParse(document);
    return parsed.data?.data_stream.dataset === 'extreme_xiq.connector' ? [parsed.data.event.action] : [];
  });
}

it.each(['array', 'page'] as const)(
  'from configuration to events with an API of generation %s: subscribed, watched, fixed',
  async (generation) => {
    await using fixture = await xiqFixture({ generation });
    const { cloud, work, publicUrl } = fixture;
    const foreign = cloud.subscriptions.add({ url: 'https://other.example/hook', messageType: 'AUDIT_LOG_ALL' });
    const foreignAlerts = cloud.subscriptions.add({ url: 'https://other.example/hook', messageType: 'ALERT' });
    await fixture.configure('alerts: true');
    const connector = await fixture.start();

    const missing = await until('the first look', async () => {
      const seen = await apiOf(fixture);
      return seen.api?.checked !== undefined && seen.api.publicUrl.length > 0 && seen;
    });
    expect([missing.states, missing.api?.failure]).toEqual([['missing', 'missing', 'missing'], undefined]);
    const refusal = missing.api?.publicUrl.find(({ what }) => what === 'refuses_without_secret');
    expect(refusal?.message).toContain('rejects a webhook without the secret with 401');
    const people = await fixture.run('status');
    expect(people.code).toBe(1);
    expect(people.stdout).toContain('! source xiq: subscriptions to AUDIT_LOG_ALL, SMS_LOG_ALL, ALERT missing');

    expect((await fixture.run('subscriptions', 'plan')).code).toBe(2);
    const applied = await fixture.run('subscriptions', 'apply', '--yes');
    expect([applied.code, applied.output]).toEqual([0, expect.stringContaining('Done.')]);
    expect((await fixture.run('subscriptions', 'plan')).code).toBe(0);
    expect((await apiOf(fixture)).states).toEqual(['ok', 'ok', 'ok']);
    expect((await fixture.run('status')).code).toBe(0);
    const mine = cloud.subscriptions.list().filter(({ url }) => url.startsWith(publicUrl));
    expect(mine.map(({ url }) => url)).toEqual(
      ['AUDIT_LOG_ALL', 'SMS_LOG_ALL', 'ALERT'].map((type) => `${publicUrl}/${type}`),
    );

    const identified = '"event":"organization.identified","source":"xiq","id":"1091","name":"ACME-BERLIN"';
    await until('the account is known', async () => connector.output().includes(identified));
    const events = [
      ...cloud.emit({ type: 'AUDIT_LOG_ALL', count: 5 }),
      ...cloud.emit({ type: 'SMS_LOG_ALL', count: 5 }),
      ...cloud.emit({ type: 'ALERT', count: 5 }),
    ];
    await cloud.settled();
    // One for each event: the foreign subscriptions, whose URL does not respond, have ten more.
    const ours = events.flatMap(({ deliveries }) => deliveries.filter(({ url }) => url.startsWith(publicUrl)));
    expect(ours.map(({ accepted }) => accepted)).toEqual(Array.from({ length: 15 }, () => true));
    const receipts = new Set(ours.map(({ receipt }) => receipt));
    const delivered = await until('all is delivered', async () => {
      const written = (await work.documents()).filter(({ extreme }) => receipts.has(extreme.xiq.receipt));
      return written.length === 15 && written;
    });
    expect(delivered.filter((document) => alertDocument.safeParse(document).success)).toHaveLength(5);
    for (const { organization } of delivered) expect(organization).toEqual({ id: '1091', name: 'ACME-BERLIN' });

    // A change in XIQ, noticed at the next check, which a changed configuration triggers at once.
    const [audit, , alerts] = mine;
    cloud.subscriptions.change(audit?.id ?? '', { status: 'DISABLED' });
    cloud.subscriptions.change(alerts?.id ?? '', { policyIds: ['9007199254740993'] });
    await fixture.configure('alerts: true, everyMinutes: 14');
    process.kill(connector.pid, 'SIGHUP');
    const disabled = await until('it is noticed', async () => {
      const seen = await apiOf(fixture);
      return seen.states?.[0] === 'disabled' && seen;
    });
    expect(disabled.states).toEqual(['disabled', 'ok', 'changed']);
    expect((await fixture.run('status')).code).toBe(1);
    const client = createClient(connector.url, '');
    const { body: metrics } = await client.get(`${connector.adminUrl}/metrics`);
    const { body: ready } = await client.get(`${connector.adminUrl}/readyz`);
    client.close();
    const labels = 'source="xiq",message_type="AUDIT_LOG_ALL",state="disabled"';
    expect(metrics).toMatch(new RegExp(`^xiq_siem_subscriptions_state\\{${labels}\\} 1$`, 'm'));
    expect(metrics).toMatch(/^xiq_siem_api_requests_remaining\{source="xiq"\} 7\d\d\d$/m);
    expect(readiness.parse(JSON.parse(ready)).sources[0]?.api.subscriptions[0]?.state).toBe('disabled');
    await until('it is told', async () => (await actionsOf(fixture)).includes('subscription-disabled'));

    await fixture.configure('alerts: true, everyMinutes: 14, reconcile: apply');
    process.kill(connector.pid, 'SIGHUP');
    await until('it is fixed', async () => (await apiOf(fixture)).states?.join() === 'ok,ok,ok');
    const now = cloud.subscriptions.list();
    expect(new Set(now.map((one) => one.status))).toEqual(new Set(['ENABLED']));
    expect(now.slice(0, 2)).toEqual([foreign, foreignAlerts]);
    expect(now.at(-1)).toMatchObject({ messageType: 'ALERT', policyIds: undefined });
    await until('that is told', async () => (await actionsOf(fixture)).includes('subscription-fixed'));
    expect(await actionsOf(fixture)).not.toContain('credentials-refused');
    expect(connector.output()).toMatch(
      /"event":"subscriptions\.delivery_gap","source":"xiq","messageType":"AUDIT_LOG_ALL","reason":"disabled"/,
    );
    expect(connector.output()).not.toMatch(/canary/);
    expect(await connector.end('SIGTERM')).toBe(0);
  },
  minute,
);

it(
  'an API that does not respond is reported, and webhooks are received as before',
  async () => {
    await using fixture = await xiqFixture();
    const { cloud } = fixture;
    const connector = await fixture.start();
    expect((await fixture.run('subscriptions', 'apply', '--yes')).code).toBe(0);
    cloud.faults.set({ serverError: { status: 503, on: ['subscriptions'] } });
    await fixture.configure('everyMinutes: 14');
    process.kill(connector.pid, 'SIGHUP');
    await until('it is said', async () => (await apiOf(fixture)).api?.failure !== undefined);
    expect((await fixture.run('status')).code).toBe(1);
    const events = cloud.emit({ type: 'AUDIT_LOG_ALL', count: 3 });
    await cloud.settled();
    expect(events.flatMap(({ deliveries }) => deliveries.map(({ response }) => response))).toEqual([202, 202, 202]);
    await until('it is told', async () => (await actionsOf(fixture)).includes('xiq-api-failing'));
    expect(await connector.end('SIGTERM')).toBe(0);
  },
  minute,
);
