import { expect, test } from 'vitest';
import { startSampler } from './sampler.ts';
import { audit, destinations, openFixture } from './test-queries.ts';

test('a sample tells how fast bodies come, what is free, and how far each destination has come', async () => {
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
  // A clock that is set forward goes on by itself meanwhile.
  expect(sampler.pace.bytesPerHour()).toBeGreaterThan(3_000_000);
  expect(sampler.pace.bytesPerHour()).toBeLessThanOrEqual(3_600_000);
  expect(await progressHistory.around('one', 5)).toMatchObject({ notAfterMs: expect.any(Number) });
});

test('a disk that cannot be looked at is not known, and keeps nothing else from being taken', async () => {
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
