import type { Destination } from '@xiq-siem/core';
import { expect, it, onTestFinished, vi } from 'vitest';
import { checkDestinations, type SeenProblem } from './destination-checks.ts';
import { openDestination } from './plugins.ts';
import { destinations, openPipelineFixture } from './test-pipeline.ts';

type Check = NonNullable<Destination['check']>;

async function checked(check: Check | undefined, problem?: SeenProblem) {
  await using fixture = await openPipelineFixture(destinations('one'));
  const configuration = fixture.pipeline.configuration();
  const [configured] = configuration.destinations;
  if (configured === undefined) throw new Error('no destination');
  const { destination, ...opened } = await openDestination(configured, configuration, fixture.services);
  const { check: _, ...unchecked } = destination;
  const tested = { ...opened, destination: { ...unchecked, ...(check && { check }) } };
  const [line] = await checkDestinations([tested], () => problem);
  return line;
}

it.each<[string, Check | undefined, boolean, string]>([
  ['its own result', async () => ({ ok: false, message: 'it is down' }), false, 'it is down'],
  ['the error that it throws', () => Promise.reject(new Error('a bug')), false, 'a bug'],
  ['a note that it has no check', undefined, true, 'this type of destination has no check'],
])('a destination is reported with %s', async (_, check, ok, message) => {
  expect(await checked(check)).toEqual({ name: 'one', type: 'memory', ok, message });
});

it('a check without a response ends after its timeout', async () => {
  const timedOut = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timedOut.signal);
  onTestFinished(() => timeout.mockRestore());
  const check: Check = () => {
    timedOut.abort();
    return new Promise(() => {});
  };
  expect(await checked(check)).toMatchObject({ ok: false, message: 'no response within 5000 ms' });
  expect(timeout).toHaveBeenCalledWith(5_000);
});

it('L9: a check that finds nothing does not hide what the running connector has seen', async () => {
  const works: Check = async () => ({ ok: true, message: 'it works' });
  const busy = { text: 'backing off: busy', stopsEvents: false };
  const delayed = 'it works; the running connector reports: backing off: busy';
  expect(await checked(works, busy)).toMatchObject({ ok: true, warning: true, message: delayed });
  const paused = { text: 'paused: unauthorized', stopsEvents: true };
  const message = 'it works; the running connector reports: paused: unauthorized';
  const stopped = { name: 'one', type: 'memory', ok: false, message };
  expect(await checked(works, paused)).toEqual(stopped);
  const doubtful: Check = async () => ({ ok: true, warning: true, message: 'it works' });
  expect(await checked(doubtful, paused)).toEqual(stopped);
  expect(await checked(works)).not.toHaveProperty('warning');
  const fails: Check = async () => ({ ok: false, message: 'it is down' });
  expect(await checked(fails, paused)).toMatchObject({ ok: false, message: 'it is down' });
});
