import { doctorProbe } from '@xiq-siem/health-events';
import { expect, test } from 'vitest';
import { createDoctor } from './doctor.ts';
import { away, destinations, judging, linesOf, never, openPlace, type Place } from './test-place.ts';

const searchable = { type: 'memory', searchable: true, batch: { maxAgeMs: 0 } };

async function examined(place: Place, seconds = 20, signal: AbortSignal = never) {
  const { pipeline, journal } = place;
  const doctor = createDoctor({
    evidence: place.evidence,
    destinations: pipeline.destinations,
    troubleOf: (name) => pipeline.delivery.status().find((lane) => lane.name === name)?.reason,
    keepProbe: () =>
      journal.append(
        { source: 'self', origin: 'self', receivedAtMs: place.now(), contentType: 'application/json' },
        Buffer.from(JSON.stringify([doctorProbe(place.now())])),
      ),
  });
  const lines = await linesOf(doctor(seconds, signal));
  const judged = lines.flatMap((line) => (line.kind === 'destination' ? [line] : []));
  return { lines, judged: judged.sort((a, b) => a.name.localeCompare(b.name)), last: lines.at(-1) };
}

test('a marked event is kept, and found again where one can look, delivered where one cannot', async () => {
  await using place = await openPlace({ found: searchable, ...destinations('taken') });
  const { lines, judged, last } = await examined(place);
  const [kept] = lines;
  if (kept?.kind !== 'kept') throw new Error('it was not kept');
  expect(place.siem('found').received[0]).toContain(kept.eventId);
  expect(place.siem('found').received[0]).toContain('doctor-probe');
  expect(await place.eventsOf(kept.receipt)).toMatchObject([{ id: kept.eventId }]);
  expect(judged).toMatchObject([
    { name: 'found', type: 'memory', result: 'found', ok: true, message: 'it is there' },
    { name: 'taken', result: 'delivered', ok: true, message: expect.stringContaining('stored') },
  ]);
  expect(last).toEqual({ kind: 'end', ok: true });
});

test('one that rejects says why, and the others are well', async () => {
  await using place = await openPlace({ bad: searchable, good: searchable });
  place.siem('bad').answer = judging('rejected', () => true);
  const { judged, last } = await examined(place);
  expect(judged).toMatchObject([
    { name: 'bad', result: 'dead_lettered', ok: false, message: 'bad: no such field' },
    { name: 'good', result: 'found', ok: true },
  ]);
  expect(last).toEqual({ kind: 'end', ok: false });
});

test('one that takes nothing is stuck, by what it says itself, or by what delivery knows', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = away;
  expect((await examined(place, 0.3)).judged).toMatchObject([{ result: 'stuck', ok: false, message: 'asked' }]);
});

test('one where it does not show, or that cannot be searched now, says that', async () => {
  await using place = await openPlace({ one: searchable, two: searchable });
  place.siem('one').hides = 'everything';
  place.siem('two').hides = 'failing';
  expect((await examined(place, 2)).judged).toMatchObject([
    { name: 'one', result: 'not_found', ok: false, message: 'it does not show' },
    { name: 'two', result: 'failed', ok: false, message: 'the search was refused' },
  ]);
});

test('one that does not want events of our own is well, and says so', async () => {
  await using place = await openPlace({ one: { ...searchable, where: { datasets: ['extreme_xiq.audit'] } } });
  expect((await examined(place)).judged).toMatchObject([{ result: 'filtered', ok: true }]);
});

test('who leaves ends it', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = away;
  const started = performance.now();
  await examined(place, 600, AbortSignal.timeout(100));
  expect(performance.now() - started).toBeLessThan(5_000);
});
