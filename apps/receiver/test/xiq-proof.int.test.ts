import type { Status } from '@xiq-siem/admin-api';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { requestJson } from './http-json.ts';
import { only } from './operator-fixture.ts';
import { until } from './xiq-fixture.ts';
import { isWell, jobsOf, loggedTypes, type ProofFixture, proofFixture } from './xiq-proof-fixture.ts';

const audit = 'AUDIT_LOG_ALL';
const ready = z.object({
  sources: z.array(z.object({ api: z.object({ subscriptions: z.array(z.looseObject({ state: z.string() })) }) })),
});

const stateOf = ({ sources = [] }: Status, messageType: string) =>
  sources[0]?.api?.subscriptions.find((one) => one.messageType === messageType);

/** Some events of each type. */
const some = ({ cloud }: ProofFixture, count = 12) =>
  loggedTypes.flatMap((type) => cloud.emit({ type, count, batch: 5 }));

test.each([
  ['array', {}],
  ['page', { logOrder: 'oldestFirst', endTimeInclusive: false, showSecrets: false }],
] as const)(
  'generation %s: subscribed, disabled in XIQ, noticed, fixed, back-filled: nothing twice, and complete',
  async (generation, cloudOptions) => {
    await using fixture = await proofFixture({ generation, ...cloudOptions }, { backfill: 'auto' });
    const { cloud, publicUrl } = fixture;
    const foreign = cloud.subscriptions.add({
      url: 'https://other.example/hook',
      messageType: audit,
      secret: 'theirs',
    });
    const foreignBefore = JSON.stringify(foreign);
    const connector = await fixture.start();

    const plan = await fixture.runLine('subscriptions plan');
    expect([plan.code, plan.output]).toEqual([2, expect.stringContaining('6 to create')]);
    expect((await fixture.runLine('subscriptions apply --yes')).code).toBe(0);
    const again = await fixture.runLine('subscriptions plan');
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('Nothing to do.')]);
    const ours = cloud.subscriptions.list().filter(({ application }) => application === 'siem');
    expect(ours.map(({ url }) => url)).toEqual(loggedTypes.map((type) => `${publicUrl}/${type}`));
    await until('all is well', async () => isWell(await fixture.status()));

    const events = [...some(fixture)];
    await cloud.settled();
    await fixture.waitForAll(events);
    expect(await fixture.completenessOf()).toMatchObject({ code: 0, verdict: 'complete' });

    const disabled = ours.find(({ messageType }) => messageType === audit);
    cloud.subscriptions.change(disabled?.id ?? '', { status: 'DISABLED' });
    events.push(...some(fixture));
    expect((await fixture.runLine('reload')).code).toBe(0);
    await until('it is noticed', async () => stateOf(await fixture.status(), audit)?.state === 'disabled');
    const noticed = await fixture.runLine('status');
    const line = `! source xiq: subscription to ${audit} disabled`;
    expect([noticed.code, noticed.stdout]).toEqual([1, expect.stringContaining(line)]);
    const readyz = ready.parse(await requestJson(`${connector.adminUrl}/readyz`));
    expect(only(readyz.sources).api.subscriptions[0]?.state).toBe('disabled');
    await until('it is told', async () => (await fixture.healthEvents()).includes('subscription-disabled'));
    events.push(...some(fixture));
    await cloud.settled();
    const [incomplete] = (await fixture.completenessOf()).cells;
    expect(incomplete).toMatchObject({ messageType: audit, state: 'missing', missingCount: 24, surplusCount: 0 });

    await fixture.configure({ reconcile: 'apply' });
    expect((await fixture.runLine('reload')).code).toBe(0);
    await until('it is fixed', async () => stateOf(await fixture.status(), audit)?.state === 'ok');
    events.push(...some(fixture));
    await fixture.waitForAll(events);
    await until('that is told', async () => (await fixture.healthEvents()).includes('subscription-fixed'));
    expect(only(await jobsOf(fixture))).toMatchObject({ kind: 'backfill', types: [{ messageType: audit, kept: 24 }] });
    expect(await fixture.completenessOf()).toMatchObject({ code: 0, verdict: 'complete' });
    await fixture.waitForAll(events);
    expect((await fixture.runLine('subscriptions plan')).code).toBe(0);
    expect(JSON.stringify(cloud.subscriptions.list()[0])).toBe(foreignBefore);
    expect(connector.output()).not.toMatch(/canary|theirs/);
  },
);
