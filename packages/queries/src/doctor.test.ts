import { doctorProbe } from '@xiq-siem/health-events';
import { expect, test } from 'vitest';
import { createDoctor } from './doctor.ts';
import { problemOfStream } from './stream-problem.ts';
import { destinations, type Fixture, linesOf, never, openFixture, unavailable, verdictWhere } from './test-queries.ts';

const searchable = { type: 'memory', searchable: true, batch: { maxAgeMs: 0 } };

async function examined(fixture: Fixture, seconds = 20, signal: AbortSignal = never) {
  const { pipeline, journal } = fixture;
  const doctor = createDoctor({
    readModel: fixture.readModel,
    destinations: pipeline.destinations,
    problemOf(name) {
      const stream = pipeline.delivery.status().find((candidate) => candidate.name === name);
      return stream && problemOfStream(stream);
    },
    storeProbe: () =>
      journal.append(
        { source: 'self', origin: 'self', receivedAtMs: fixture.now(), contentType: 'application/json' },
        Buffer.from(JSON.stringify([doctorProbe(fixture.now())])),
      ),
  });
  const lines = await linesOf(doctor(seconds, signal));
  const results = lines.flatMap((line) => (line.kind === 'destination' ? [line] : []));
  return { lines, results: results.sort((a, b) => a.name.localeCompare(b.name)), last: lines.at(-1) };
}

test('a test event is stored, then found where the destination can be searched and delivered where it cannot', async () => {
  await using fixture = await openFixture({ found: searchable, ...destinations('taken') });
  const { lines, results, last } = await examined(fixture);
  const [kept] = lines;
  if (kept?.kind !== 'kept') throw new Error('it was not kept');
  expect(fixture.siem('found').received[0]).toContain(kept.eventId);
  expect(fixture.siem('found').received[0]).toContain('doctor-probe');
  expect(await fixture.eventsOf(kept.receipt)).toMatchObject([{ id: kept.eventId }]);
  expect(results).toMatchObject([
    { name: 'found', type: 'memory', result: 'found', ok: true, message: 'it is there' },
    { name: 'taken', result: 'delivered', ok: true, message: expect.stringContaining('stored') },
  ]);
  expect(last).toEqual({ kind: 'end', ok: true });
});

test('a destination that rejects the event reports why; the others are ok', async () => {
  await using fixture = await openFixture({ bad: searchable, good: searchable });
  fixture.siem('bad').response = verdictWhere('rejected', () => true);
  const { results, last } = await examined(fixture);
  expect(results).toMatchObject([
    { name: 'bad', result: 'dead_lettered', ok: false, message: 'bad: no such field' },
    { name: 'good', result: 'found', ok: true },
  ]);
  expect(last).toEqual({ kind: 'end', ok: false });
});

test('L9: a destination that accepts no events is stuck: what delivery has seen comes before the result of its check', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = unavailable;
  const message = 'backing off: down. The check fails: checked';
  expect((await examined(fixture, 0.3)).results).toMatchObject([{ result: 'stuck', ok: false, message }]);
});

test('L9: a problem of a stream is its pause or its blocked events, each with its reason; else there is none', () => {
  const lastFailure = { code: 'unauthorized', message: 'HTTP 401', atMs: 0 };
  const blocked = { events: 3, code: 'index_missing', message: undefined };
  const running = { state: 'running', blocked: undefined, lastFailure } as const;
  expect(problemOfStream(running)).toBeUndefined();
  expect(problemOfStream({ ...running, blocked })).toBe('3 events are blocked: index_missing');
  const paused = { ...running, state: 'paused', blocked } as const;
  expect(problemOfStream({ ...paused, reason: 'unauthorized' })).toBe('paused: unauthorized: HTTP 401');
  expect(problemOfStream({ ...paused, reason: 'dead_letters_full' })).toBe('paused: dead_letters_full');
});

test('a destination where the event is not found, or whose search fails, says so', async () => {
  await using fixture = await openFixture({ one: searchable, two: searchable });
  fixture.siem('one').hides = 'everything';
  fixture.siem('two').hides = 'failing';
  expect((await examined(fixture, 2)).results).toMatchObject([
    { name: 'one', result: 'not_found', ok: false, message: 'it does not show' },
    { name: 'two', result: 'failed', ok: false, message: 'the search was refused' },
  ]);
});

test('a destination that filters out events of the connector is ok, and says so', async () => {
  await using fixture = await openFixture({ one: { ...searchable, where: { datasets: ['extreme_xiq.audit'] } } });
  expect((await examined(fixture)).results).toMatchObject([{ result: 'filtered', ok: true }]);
});

test('a client that disconnects ends it', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = unavailable;
  const started = performance.now();
  await examined(fixture, 600, AbortSignal.timeout(100));
  expect(performance.now() - started).toBeLessThan(5_000);
});
