import { expect, test } from 'vitest';
import { startSampler } from './sampler.ts';
import { audit, destinations, openFixture } from './test-queries.ts';

test('a sample records rates, free disk space and the position of each destination', async () => {
  await using fixture = await openFixture(destinations('one'));
  const { journal, progressHistory, directory, now, pipeline } = fixture;
  let bytes = 0;
  const sampler = startSampler({
    journal,
    progressHistory,
    directory,
    now,
    delivery: pipeline.delivery,
    receivedBytes: () => bytes,
  });
  expect(sampler.freeBytes()).toBeUndefined();
  await sampler.sample();
  expect(sampler.freeBytes()).toBeGreaterThan(0);
  for (let id = 0; id < 10; id += 1) await fixture.keep([audit(id)]);
  bytes = 60_000;
  await fixture.settled();
  fixture.pass(60_000);
  await sampler.sample();
  sampler.stop();
  // A fake clock that is set forward also runs on its own.
  expect(sampler.rates.bytesPerHour()).toBeGreaterThan(3_000_000);
  expect(sampler.rates.bytesPerHour()).toBeLessThanOrEqual(3_600_000);
  expect(await progressHistory.around('one', 5)).toMatchObject({ notAfterMs: expect.any(Number) });
});

test('where the disk cannot be inspected its free space is unknown; the rest is sampled', async () => {
  await using fixture = await openFixture(destinations('one'));
  const { journal, progressHistory, now, pipeline } = fixture;
  const sampler = startSampler({
    journal,
    progressHistory,
    directory: '/nowhere/at/all',
    now,
    delivery: pipeline.delivery,
    receivedBytes: () => 0,
  });
  await sampler.sample();
  sampler.stop();
  expect(sampler.freeBytes()).toBeUndefined();
});
