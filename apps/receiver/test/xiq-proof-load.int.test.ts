import { expect, test } from 'vitest';
import { only } from './operator-fixture.ts';
import { setLastAlive } from './state-file.ts';
import { until } from './xiq-fixture.ts';
import { jobsOf, loggedTypes, proofFixture, subscribed } from './xiq-proof-fixture.ts';

// `settleMinutes` is 0 here. A webhook must not take longer than its event takes to the log, or it is delivered twice.
const loggedAfter = { logsAfterWebhooks: true };

test('a subscription deleted in XIQ under load is fixed at once and back-filled: nothing twice, and complete', async () => {
  await using fixture = await proofFixture(loggedAfter, { reconcile: 'apply', backfill: 'auto' });
  const { cloud } = fixture;
  await subscribed(fixture);
  cloud.flow.set({ eventsPerSecond: 100, types: [...loggedTypes] });
  const [gone] = cloud.subscriptions.list();
  await until('some came', async () => cloud.truth().total > 100);
  cloud.subscriptions.remove(gone?.id ?? '');
  const before = cloud.truth().total;
  await until('some did not come', async () => cloud.truth().total > before + 200);
  expect((await fixture.runLine('reload')).code).toBe(0);
  await until('it is fixed', async () => cloud.subscriptions.list().length === loggedTypes.length);
  const after = cloud.truth().total;
  await until('some come again', async () => cloud.truth().total > after + 200);
  cloud.flow.set({ eventsPerSecond: 0 });
  await cloud.settled();
  await fixture.waitForAll(cloud.truth().events);
  const job = only(await jobsOf(fixture));
  expect(job.types?.[0]?.kept).toBeGreaterThan(0);
  expect(await fixture.completenessOf()).toMatchObject({ code: 0, verdict: 'complete' });
  await fixture.waitForAll(cloud.truth().events);
  await until(
    'both are said',
    async () => {
      const said = new Set(await fixture.healthEvents());
      return said.has('subscription-missing') && said.has('subscription-fixed');
    },
    45_000,
  );
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a downtime under load after %s is back-filled automatically: nothing twice, and complete',
  async (end) => {
    const killed = end === 'SIGKILL' ? 'killed' : undefined;
    await using fixture = await proofFixture(loggedAfter, { backfill: 'auto' });
    const { cloud, work } = fixture;
    const first = await subscribed(fixture);
    cloud.flow.set({ eventsPerSecond: 100, types: [...loggedTypes] });
    await until('some came', async () => cloud.truth().total > 200);
    await first.end(end);
    const downSince = cloud.truth().total;
    await until('some could not come', async () => cloud.truth().total > downSince + 200);
    // Of a stopped connector, from its files.
    expect(await fixture.completenessOf()).toMatchObject({ code: 1, verdict: 'missing_or_surplus' });
    // As after a downtime of two minutes.
    await setLastAlive(work.directory, Date.now() - 120_000);
    const second = await fixture.start();
    await until('the gap is seen', async () => second.output().includes('backfill.started'));
    const backSince = cloud.truth().total;
    await until('some come again', async () => cloud.truth().total > backSince + 200);
    cloud.flow.set({ eventsPerSecond: 0 });
    await cloud.settled();
    await fixture.waitForAll(cloud.truth().events, killed);
    const job = only(await jobsOf(fixture));
    const kept = job.types?.reduce((total, type) => total + type.kept, 0);
    expect(kept).toBeGreaterThanOrEqual(200);
    expect(await fixture.completenessOf()).toMatchObject({ code: 0, verdict: 'complete' });
    await fixture.waitForAll(cloud.truth().events, killed);
  },
  90_000,
);
