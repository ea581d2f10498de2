// Limits how many health events are created in an hour, and reports the number of dropped ones after the hour.
import { type HealthEvent, newHealthEvent } from './health-event.ts';
import { hourMs } from './watch.ts';

/** Admin calls have their own limit: they do not suppress other events, and other events do not suppress them. */
const maxPerHour = 100;
/** Of one action and subject. It limits a state that changes all the time. */
const maxPerSubject = 12;

export function createBudget(startMs: number) {
  let hourFromMs = startMs;
  const created = new Map<string, number>();
  const dropped = new Map<string, number>();
  let isHourOver = false;

  const countWithin = (key: string, max: number): boolean => {
    const count = (created.get(key) ?? 0) + 1;
    if (count <= max) created.set(key, count);
    return count <= max;
  };

  const updateHour = (atMs: number): void => {
    // A clock that was set back starts a new hour.
    if (atMs >= hourFromMs && atMs - hourFromMs < hourMs) return;
    hourFromMs = atMs;
    created.clear();
    isHourOver = true;
  };

  function allowEvent({ action, subject }: HealthEvent, atMs: number): boolean {
    updateHour(atMs);
    if (action === 'heartbeat' || action === 'health-events-dropped') return true;
    if (action === 'admin-call') return countWithin(action, maxPerHour);
    return countWithin(`${action} ${subject}`, maxPerSubject) && countWithin('others', maxPerHour);
  }

  function countDropped({ action }: HealthEvent): void {
    dropped.set(action, (dropped.get(action) ?? 0) + 1);
  }

  /** One event after each hour in which events were dropped. */
  function droppedEvents(atMs: number): readonly HealthEvent[] {
    updateHour(atMs);
    if (!isHourOver) return [];
    isHourOver = false;
    const counts = [...dropped];
    dropped.clear();
    const count = counts.reduce((total, [, times]) => total + times, 0);
    const codes = counts.map(([action, times]) => `${action}=${times}`);
    return count === 0
      ? []
      : [newHealthEvent('health-events-dropped', 'connector', atMs, { attributes: { count, codes } })];
  }

  return { allow: allowEvent, countDropped, droppedEvents };
}
