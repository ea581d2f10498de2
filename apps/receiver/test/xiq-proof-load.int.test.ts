import { expect, test } from 'vitest';
import { only } from './operator-place.ts';
import { setLastAlive } from './state-file.ts';
import { until } from './xiq-place.ts';
import { jobsOf, loggedTypes, proofPlace, subscribed } from './xiq-proof-place.ts';

test('a subscription is deleted behind our back under load: mended at once, back-filled, nothing twice, and whole', async () => {
  await using place = await proofPlace({}, { reconcile: 'apply', backfill: 'auto' });
  const { cloud } = place;
  await subscribed(place);
  cloud.flow.set({ eventsPerSecond: 200, types: [...loggedTypes] });
  const [gone] = cloud.subscriptions.list();
  await until('some came', async () => cloud.truth().total > 100);
  cloud.subscriptions.remove(gone?.id ?? '');
  const before = cloud.truth().total;
  await until('some did not come', async () => cloud.truth().total > before + 200);
  expect((await place.say('reload')).code).toBe(0);
  await until('it is mended', async () => cloud.subscriptions.list().length === loggedTypes.length);
  const after = cloud.truth().total;
  await until('some come again', async () => cloud.truth().total > after + 200);
  cloud.flow.set({ eventsPerSecond: 0 });
  await cloud.settled();
  await place.hasAll(cloud.truth().events);
  const job = only(await jobsOf(place));
  expect(job.types?.[0]?.kept).toBeGreaterThan(0);
  expect(await place.prove()).toMatchObject({ code: 0, verdict: 'whole' });
  await place.hasAll(cloud.truth().events);
  await until(
    'both are said',
    async () => {
      const said = new Set(await place.signals());
      return said.has('subscription-missing') && said.has('subscription-mended');
    },
    45_000,
  );
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'down for a time under load, by %s: back-filled by itself, nothing twice, and whole',
  async (end) => {
    const killed = end === 'SIGKILL' ? 'killed' : undefined;
    await using place = await proofPlace({}, { backfill: 'auto' });
    const { cloud, work } = place;
    const first = await subscribed(place);
    cloud.flow.set({ eventsPerSecond: 300, types: [...loggedTypes] });
    await until('some came', async () => cloud.truth().total > 500);
    await first.end(end);
    const downSince = cloud.truth().total;
    await until('some could not come', async () => cloud.truth().total > downSince + 500);
    // Of a stopped connector, out of its files.
    expect(await place.prove()).toMatchObject({ code: 1, verdict: 'missing_or_surplus' });
    // As if that had been two minutes.
    await setLastAlive(work.directory, Date.now() - 120_000);
    const second = await place.start();
    await until('the gap is seen', async () => second.output().includes('backfill.begun'));
    const backSince = cloud.truth().total;
    await until('some come again', async () => cloud.truth().total > backSince + 500);
    cloud.flow.set({ eventsPerSecond: 0 });
    await cloud.settled();
    await place.hasAll(cloud.truth().events, killed);
    const job = only(await jobsOf(place));
    const kept = job.types?.reduce((sum, type) => sum + type.kept, 0);
    expect(kept).toBeGreaterThanOrEqual(500);
    expect(await place.prove()).toMatchObject({ code: 0, verdict: 'whole' });
    await place.hasAll(cloud.truth().events, killed);
  },
  90_000,
);
