import { bodyOf, receivedAtMs, testSource } from '@xiq-siem/xiq/test-source';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLogReader, type LogEvent } from '../rest/log-reader.ts';
import { auditEvent } from '../rest/test-log.ts';
import { restBodies } from './rest-bodies.ts';

const T = 1_636_337_187_553;
const reader = createLogReader();
const source = testSource();

const idsOf = (bytes: Uint8Array): string[] =>
  [...source.normalize(bodyOf(bytes, { messageType: 'AUDIT_LOG_ALL', origin: 'rest' }), receivedAtMs)].map(
    ({ id }) => id,
  );

/** Events with few different times; most differ only by the vendor's id. */
const someEvents = fc
  .array(fc.record({ at: fc.nat({ max: 2 }), user: fc.nat({ max: 1 }), keyed: fc.integer({ min: 0, max: 9 }) }), {
    maxLength: 30,
  })
  .map((drawn) =>
    reader.eventsOf(
      'audit',
      drawn.map(({ at, user, keyed }, index) => {
        const more = { user_id: user, ...(keyed === 0 && { code: null }), description: 'Ünï"[2,{' };
        return auditEvent(T + at, index, more).text;
      }),
    ),
  );

it('each stored event keeps its id, whichever events are skipped and wherever bodies end', () => {
  fc.assert(
    fc.property(
      someEvents,
      fc.infiniteStream(fc.boolean()),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 900 }),
      (events, kept, maxEvents, maxBytes) => {
        const selected = events.filter(() => kept.next().value);
        const bodies = [...restBodies(selected, { maxEvents, maxBytes })];
        expect(bodies.flatMap(({ bytes }) => idsOf(bytes))).toEqual(selected.map(({ id }) => id));
        expect(bodies.flatMap((body) => body.events)).toEqual(selected);
        for (const { bytes, events: packed } of bodies) {
          expect(packed.length).toBeLessThanOrEqual(maxEvents);
          if (packed.length > 1) expect(bytes.length).toBeLessThanOrEqual(maxBytes);
        }
      },
    ),
    { numRuns: 200 },
  );
});

it('writes each event as it was sent', () => {
  const text = '{ "id" : 9223372036854775807, "n": 1.0, "timestamp": 1636337187553 }';
  const events = reader.eventsOf('audit', [text]);
  expect([...restBodies(events)].map(({ bytes }) => bytes.toString())).toEqual([`[${text}]`]);
  const third: LogEvent[] = events.map((event) => ({ ...event, occurrence: 3 }));
  expect([...restBodies(third)].map(({ bytes }) => bytes.toString())).toEqual([`[3,${text}]`]);
});

it('no events make no body; a body has at most 500 events and 1 MiB', () => {
  expect([...restBodies([])]).toEqual([]);
  const many = Array.from({ length: 1_001 }, (_, index) => auditEvent(T + index, index).text);
  expect([...restBodies(reader.eventsOf('audit', many))].map(({ events }) => events.length)).toEqual([500, 500, 1]);
  const large = Array.from(
    { length: 5 },
    (_, index) => auditEvent(T + index, index, { config: 'x'.repeat(500_000) }).text,
  );
  const huge = auditEvent(T + 9, 9, { config: 'x'.repeat(2_000_000) }).text;
  const bodies = [...restBodies(reader.eventsOf('audit', [...large, huge]))];
  expect(bodies.map(({ events }) => events.length)).toEqual([2, 2, 1, 1]);
});
