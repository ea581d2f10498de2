import type { Destination } from '@xiq-siem/core';
import { expect, it, onTestFinished, vi } from 'vitest';
import { checkDestinations } from './destination-checks.ts';
import { openDestination } from './plugins.ts';
import { destinations, openPipelineFixture } from './test-pipeline.ts';

type Check = NonNullable<Destination['check']>;

async function checked(check: Check | undefined) {
  await using fixture = await openPipelineFixture(destinations('one'));
  const configuration = fixture.pipeline.configuration();
  const [configured] = configuration.destinations;
  if (configured === undefined) throw new Error('no destination');
  const { destination, ...opened } = await openDestination(configured, configuration, fixture.services);
  const { check: _, ...unasked } = destination;
  const [line] = await checkDestinations([{ ...opened, destination: { ...unasked, ...(check && { check }) } }]);
  return line;
}

it.each<[string, Check | undefined, boolean, string]>([
  ['its own answer', async () => ({ ok: false, message: 'it is away' }), false, 'it is away'],
  ['what it throws', () => Promise.reject(new Error('a bug')), false, 'a bug'],
  ['that it cannot be asked', undefined, true, 'it cannot be asked'],
])('a destination is reported with %s', async (_, check, ok, message) => {
  expect(await checked(check)).toEqual({ name: 'one', type: 'memory', ok, message });
});

it('one that does not answer is not waited for longer than its time', async () => {
  const late = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
  onTestFinished(() => timeout.mockRestore());
  const check: Check = () => {
    late.abort();
    return new Promise(() => {});
  };
  expect(await checked(check)).toMatchObject({ ok: false, message: 'it did not answer within 5000 ms' });
  expect(timeout).toHaveBeenCalledWith(5_000);
});
