// What is checked at each poll, and how a state becomes a health event once: when it begins, and when it ends.
import type { CompletenessCell, Status } from '@xiq-siem/admin-api';
import type { HealthAction } from './event-table.ts';
import { type Details, type HealthEvent, newHealthEvent } from './health-event.ts';

export interface HealthSettings {
  readonly enabled: boolean;
  readonly heartbeatMinutes: number;
  /** 0: silence is not watched. */
  readonly silentMinutes: number;
}

/** Requests of one address that had a wrong secret, or none. */
export interface RefusedAddress {
  readonly source: string;
  readonly address: string;
  readonly count: number;
}

/** What the proof of completeness found for one hour, source and message type. */
export interface HourFigures extends Pick<CompletenessCell, 'messageType' | 'state' | 'kept'> {
  readonly source: string;
  /** Its beginning, epoch milliseconds. */
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
  /** Since the poll before. */
  readonly refused: readonly RefusedAddress[];
  /** Of the last proof of each source and message type. */
  completeness(): readonly HourFigures[];
}

export type Watcher = (poll: Poll) => Iterable<HealthEvent>;

/** The state of one thing now, and the event that reports it. */
export interface Check {
  readonly key: string;
  /** `ok`, or what is wrong; undefined where it is not known: then it is as before. */
  readonly state: string | undefined;
  /** It goes on changing: another state is reported an hour after the one before. */
  readonly hourly?: true;
  /** Undefined: the end of what was wrong is not reported. */
  readonly action: HealthAction | undefined;
  readonly subject: string;
  readonly details: Details;
}

export const hourMs = 3_600_000;

/** A change of state is an event; one to `ok` says what was wrong, and for how long. A key that goes is forgotten. */
export function watchStates(checks: (poll: Poll) => Iterable<Check>): Watcher {
  let known: ReadonlyMap<string, { readonly state: string; readonly sinceMs: number }> = new Map();
  return (poll) => {
    const { atMs } = poll;
    const now = new Map(known);
    const gone = new Set(known.keys());
    const events: HealthEvent[] = [];
    for (const { key, state, hourly, action, subject, details } of checks(poll)) {
      gone.delete(key);
      const before = now.get(key) ?? { state: 'ok', sinceMs: atMs };
      // A clock that was set back is as good as an hour.
      const waits = hourly && before.state !== 'ok' && Math.abs(atMs - before.sinceMs) < hourMs;
      const changes = state !== undefined && state !== before.state && !waits;
      now.set(key, changes ? { state, sinceMs: atMs } : before);
      if (!changes || action === undefined) continue;
      const period_seconds = Math.max(0, (atMs - before.sinceMs) / 1000);
      const ended = { ...details, reason: before.state, attributes: { ...details.attributes, period_seconds } };
      events.push(newHealthEvent(action, subject, atMs, state === 'ok' ? ended : details));
    }
    for (const key of gone) now.delete(key);
    known = now;
    return events;
  };
}
