// The input of a poll, and the conversion of state changes to health events.
import type { CompletenessCell, Status } from '@xiq-siem/admin-api';
import type { HealthAction } from './event-table.ts';
import { type Details, type HealthEvent, newHealthEvent } from './health-event.ts';

export interface HealthSettings {
  readonly enabled: boolean;
  readonly heartbeatMinutes: number;
  /** 0: silence is not reported. */
  readonly silentMinutes: number;
}

/** Requests of one address with a wrong secret or none. */
export interface RefusedAddress {
  readonly source: string;
  readonly address: string;
  readonly count: number;
}

/** Result of a completeness check for one hour, source and message type. */
export interface HourFigures extends Pick<CompletenessCell, 'messageType' | 'state' | 'kept'> {
  readonly source: string;
  /** Start of the hour, epoch milliseconds. */
  readonly hourMs: number;
  readonly xiq: number | undefined;
  readonly missing: number;
  readonly surplus: number;
}

export interface Poll {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly status: Status;
  readonly settings: HealthSettings;
  /** Since the previous poll. */
  readonly refused: readonly RefusedAddress[];
  /** Of the last completeness check of each source and message type. */
  completeness(): readonly HourFigures[];
}

export type Watcher = (poll: Poll) => Iterable<HealthEvent>;

/** The current state of one subject, and the event that reports it. */
export interface Check {
  readonly key: string;
  /** `ok` or the name of the fault. Undefined means unknown: the previous state stays. */
  readonly state: string | undefined;
  /** The state changes often: a change is reported at most once an hour. */
  readonly hourly?: true;
  /** Undefined: the end of the fault is not reported. */
  readonly action: HealthAction | undefined;
  readonly subject: string;
  readonly details: Details;
}

export const hourMs = 3_600_000;

/**
 * A change of state is an event. A change to `ok` has the previous state as its reason, and its duration. A key without a
 * check is removed.
 */
export function watchStates(checks: (poll: Poll) => Iterable<Check>): Watcher {
  let known: ReadonlyMap<string, { readonly state: string; readonly sinceMs: number }> = new Map();
  return (poll) => {
    const { atMs } = poll;
    const now = new Map(known);
    const unchecked = new Set(known.keys());
    const events: HealthEvent[] = [];
    for (const { key, state, hourly, action, subject, details } of checks(poll)) {
      unchecked.delete(key);
      const before = now.get(key) ?? { state: 'ok', sinceMs: atMs };
      // A clock that was set back ends the wait.
      const waits = hourly && before.state !== 'ok' && Math.abs(atMs - before.sinceMs) < hourMs;
      const changes = state !== undefined && state !== before.state && !waits;
      now.set(key, changes ? { state, sinceMs: atMs } : before);
      if (!changes || action === undefined) continue;
      const period_seconds = Math.max(0, (atMs - before.sinceMs) / 1000);
      const ended = { ...details, reason: before.state, attributes: { ...details.attributes, period_seconds } };
      events.push(newHealthEvent(action, subject, atMs, state === 'ok' ? ended : details));
    }
    for (const key of unchecked) now.delete(key);
    known = now;
    return events;
  };
}
