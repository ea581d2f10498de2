// Checks the connector every 15 seconds, and creates health events of states that a SIEM cannot detect itself.
import type { AdminChange, Status } from '@xiq-siem/admin-api';
import { ConnectorError, type Logger, type Meter, type MetricTable } from '@xiq-siem/core';
import { createBudget } from './budget.ts';
import { adminCall, type HealthEvent } from './health-event.ts';
import type { HealthSettings, HourFigures, Poll, RefusedAddress, Watcher } from './watch.ts';
import { watchAccount } from './watch-account.ts';
import { watchDestinations, watchHeartbeats } from './watch-destinations.ts';
import { watchLosses } from './watch-losses.ts';
import { watchProblems } from './watch-problems.ts';
import { watchRefused, watchSilence } from './watch-senders.ts';

export const healthEventMetrics = {
  'xiq_siem.health_events.created': {
    help: 'Health events that were stored in the journal.',
    unit: '{event}',
    attributes: ['action'],
  },
  'xiq_siem.health_events.dropped': {
    help: 'Health events that were dropped: too many in an hour, or the journal did not accept them.',
    unit: '{event}',
    attributes: ['action', 'reason'],
  },
} as const satisfies MetricTable;

export interface HealthEventsParts {
  status(): Promise<Status>;
  /** Refused requests since the last call. */
  refused(): readonly RefusedAddress[];
  /** Of the last completeness check of each source and message type. */
  completeness(): readonly HourFigures[];
  /** Stores them as one request body. */
  append(events: readonly HealthEvent[]): Promise<unknown>;
  /** Called at each poll. */
  settings(): HealthSettings;
  /** `now` in epoch milliseconds; `sleep` ends early when the signal fires. */
  readonly clock: { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> };
  readonly log: Logger;
  readonly meter: Meter<keyof typeof healthEventMetrics>;
}

const pollMs = 15_000;

const newWatchers = (nowMs: number): Readonly<Record<string, Watcher>> => ({
  destinations: watchDestinations(),
  account: watchAccount(),
  losses: watchLosses(),
  problems: watchProblems(),
  refused: watchRefused(),
  silence: watchSilence(),
  heartbeats: watchHeartbeats(nowMs),
});

/** Polls at once, so that existing faults are reported. Creates nothing while `enabled` is false. */
export function startHealthEvents(parts: HealthEventsParts) {
  const { clock, log, meter, settings } = parts;
  const budget = createBudget(clock.now());
  const pending = new Set<Promise<void>>();
  const stopping = new AbortController();
  const { signal } = stopping;
  /** Undefined while disabled: changes of that time are not reported afterwards. */
  let watchers: Readonly<Record<string, Watcher>> | undefined;
  let lastAdminMs = 0;

  const drop = (events: readonly HealthEvent[], reason: 'too_many' | 'append_failed'): void => {
    for (const event of events) {
      budget.countDropped(event);
      meter.add('xiq_siem.health_events.dropped', 1, { action: event.action, reason });
    }
  };

  /** Never rejects. Tries once: an event that cannot be stored is counted. */
  async function storeEvents(events: readonly HealthEvent[]): Promise<void> {
    const atMs = clock.now();
    const { true: created = [], false: tooMany = [] } = Object.groupBy(events, (one) => `${budget.allow(one, atMs)}`);
    drop(tooMany, 'too_many');
    if (created.length === 0) return;
    try {
      await parts.append(created);
      for (const { action } of created) meter.add('xiq_siem.health_events.created', 1, { action });
    } catch (cause) {
      drop(created, 'append_failed');
      const code = cause instanceof ConnectorError ? cause.code : 'internal';
      log.warn('health_events.append_failed', { code, events: created.length, error: String(cause) });
    }
  }

  /** An internal error in one watcher does not affect the others. */
  const eventsOf = (name: string, watch: Watcher, poll: Poll): readonly HealthEvent[] => {
    try {
      return [...watch(poll)];
    } catch (cause) {
      log.error('health_events.watch_failed', { name, error: String(cause) });
      return [];
    }
  };

  async function pollOnce(): Promise<void> {
    const current = settings();
    if (!current.enabled) {
      watchers = undefined;
      return;
    }
    const status = await parts.status();
    const atMs = clock.now();
    watchers ??= newWatchers(atMs);
    // After the status: if that fails, the refused requests stay for the next poll.
    const refused = parts.refused();
    const state: Poll = { atMs, status, refused, settings: current, completeness: parts.completeness };
    const events = Object.entries(watchers).flatMap(([name, watch]) => eventsOf(name, watch, state));
    if (!signal.aborted) await storeEvents([...events, ...budget.droppedEvents(atMs)]);
  }

  async function pollUntilStopped(): Promise<void> {
    while (!signal.aborted) {
      await pollOnce().catch((cause: unknown) => log.error('health_events.check_failed', { error: String(cause) }));
      await clock.sleep(Math.min(pollMs, settings().heartbeatMinutes * 60_000), signal);
    }
  }
  const running = pollUntilStopped();

  /** Creates one audit event at once. */
  function reportAdminCall(change: AdminChange): void {
    if (signal.aborted || !settings().enabled) return;
    // The event id contains the time: two calls within a millisecond get two times. A clock may be set back.
    const atMs = clock.now();
    lastAdminMs = atMs > lastAdminMs || lastAdminMs - atMs > 1_000 ? atMs : lastAdminMs + 1;
    const work = storeEvents([adminCall(change, lastAdminMs)]).finally(() => pending.delete(work));
    pending.add(work);
  }

  /** Resolves when the last poll and all reports have ended. */
  async function stopHealthEvents(): Promise<void> {
    stopping.abort('health events are stopped');
    await Promise.all([running, ...pending]);
  }

  return { adminCall: reportAdminCall, stop: stopHealthEvents };
}
