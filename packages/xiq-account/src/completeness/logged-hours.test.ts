import { expect, it } from 'vitest';
import type { LogChunk } from '../backfill/fetch-span.ts';
import { createLogReader } from '../rest/log-reader.ts';
import { auditEvent } from '../rest/test-log.ts';
import { loggedHours } from './completeness.ts';

const hour = 3_600_000;
const T = Date.UTC(2026, 0, 1);
const reader = createLogReader();

const chunkOf = (
  fromMs: number,
  toMs: number,
  texts: readonly string[],
  uncertainty?: LogChunk['uncertainty'],
): LogChunk => {
  const events = reader.eventsOf('audit', texts);
  return { fromMs, toMs, events, totalCount: events.length, readings: 2, repeated: 0, uncertainty };
};

it('has each hour that a chunk overlaps, with its events, without their texts', () => {
  const { add, hours } = loggedHours();
  const texts = [auditEvent(T, 1), auditEvent(T + 2 * hour, 2), { text: '{"id":3}' }].map(({ text }) => text);
  add('AUDIT_LOG_ALL', chunkOf(T, T + 2 * hour + 1, texts));
  const found = [...(hours.get('AUDIT_LOG_ALL') ?? [])];
  expect(found.map(([at, { events }]) => [at - T, events.length])).toEqual([
    [0, 2],
    [hour, 0],
    [2 * hour, 1],
  ]);
  expect(Object.keys(found[0]?.[1].events[0] ?? {})).toEqual(['id', 'timeMs', 'user', 'action', 'pairingKey']);
});

it('combines chunks of one hour; the uncertainty of one is that of the hour', () => {
  const { add, hours } = loggedHours();
  add('AUDIT_LOG_ALL', chunkOf(T, T + 10, [auditEvent(T, 1).text]));
  add(
    'AUDIT_LOG_ALL',
    chunkOf(T + 10, T + hour, [auditEvent(T + 10, 2).text], { code: 'total_unstable', message: 'It changes.' }),
  );
  add('AUDIT_LOG_ALL', chunkOf(T + hour, T + 2 * hour, []));
  const found = hours.get('AUDIT_LOG_ALL');
  expect(found?.get(T)).toMatchObject({ uncertainty: 'It changes.' });
  expect(found?.get(T)?.events).toHaveLength(2);
  expect(found?.get(T + hour)).toEqual({ events: [], uncertainty: undefined });
  expect(hours.size).toBe(1);
});
