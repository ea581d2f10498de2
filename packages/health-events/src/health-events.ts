// Checks the connector every few seconds, and makes health events of what a SIEM cannot work out itself.
import type { AdminChange, Status } from '@xiq-siem/admin-api';
import { ConnectorError, type Logger, type Meter, type MetricTable } from '@xiq-siem/core';
import { createBudget } from './budget.ts';
import { adminCall, type HealthEvent } from './health-event.ts';
import type { HealthSettings, HourFigures, Poll, RefusedAddress, Watcher } from './watch.ts';
import { watchAccount } from './watch-account.ts';
import { watchDestinations, watchHeartbeats } from './watch-destinations.ts';
import { watchLosses } from './watch-losses.ts';
import { watchRefused, watchSilence } from './watch-senders.ts';

export const healthEventMetrics = {
  'xiq_siem.health_events.created': {
    help: 'Events about the connector itself that were kept, to be delivered like any other.',
    unit: '{event}',
    attributes: ['action'],
  },
  'xiq_siem.health_events.dropped': {
    help: 'Events about the connector itself that were not made: too many in an hour, or the journal took none.',
    unit: '{event}',
    attributes: ['action', 'reason'],
  },
} as const satisfies MetricTable;

export interface HealthEventsParts {
  status(): Promise<Status>;
  /** Refusals since this was last asked. */
  refused(): readonly RefusedAddress[];
  /** Of the last proof of each source and message type. */
  completeness(): readonly HourFigures[];
  /** Keeps them as one request body. */
  keep(events: readonly HealthEvent[]): Promise<unknown>;
  /** Asked at each poll. */
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
  refused: watchRefused(),
  silence: watchSilence(),
  heartbeats: watchHeartbeats(nowMs),
});

/** The first poll is at once: what is wrong already is reported. Nothing is made while `enabled` is false. */
export function startHealthEvents(parts: HealthEventsParts) {
  const { clock, log, meter, settings } = parts;
  const budget = createBudget(clock.now());
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();
  const { signal } = stopping;
  /** None while switched off: what happened meanwhile is not reported afterwards. */
  let watchers: Readonly<Record<string, Watcher>> | undefined;
  let lastAdminMs = 0;

  const leaveOut = (events: readonly HealthEvent[], reason: 'too_many' | 'not_kept'): void => {
    for (const event of events) {
      budget.leaveOut(event);
      meter.add('xiq_siem.health_events.dropped', 1, { action: event.action, reason });
    }
  };

  /** Never rejects, and tries once: what cannot be kept is counted. */
  async function report(events: readonly HealthEvent[]): Promise<void> {
    const atMs = clock.now();
    const { true: made = [], false: tooMany = [] } = Object.groupBy(events, (one) => `${budget.take(one, atMs)}`);
    leaveOut(tooMany, 'too_many');
    if (made.length === 0) return;
    try {
      await parts.keep(made);
      for (const { action } of made) meter.add('xiq_siem.health_events.created', 1, { action });
    } catch (cause) {
      leaveOut(made, 'not_kept');
      const code = cause instanceof ConnectorError ? cause.code : 'internal';
      log.warn('health_events.append_failed', { code, events: made.length, why: String(cause) });
    }
  }

  /** A fault of ours in one watcher must not silence the others. */
  const eventsOf = (name: string, watch: Watcher, poll: Poll): readonly HealthEvent[] => {
    try {
      return [...watch(poll)];
    } catch (cause) {
      log.error('health_events.watch_failed', { name, why: String(cause) });
      return [];
    }
  };

  async function poll(): Promise<void> {
    const wanted = settings();
    if (!wanted.enabled) {
      watchers = undefined;
      return;
    }
    const status = await parts.status();
    const atMs = clock.now();
    watchers ??= newWatchers(atMs);
    // Not before the status is there: where it fails, they wait for the next poll.
    const refused = parts.refused();
    const seen: Poll = { atMs, status, refused, settings: wanted, completeness: parts.completeness };
    const events = Object.entries(watchers).flatMap(([name, watch]) => eventsOf(name, watch, seen));
    if (!signal.aborted) await report([...events, ...budget.leftOut(atMs)]);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await poll().catch((cause: unknown) => log.error('health_events.check_failed', { why: String(cause) }));
      await clock.sleep(Math.min(pollMs, settings().heartbeatMinutes * 60_000), signal);
    }
  }
  const running = run();

  return {
    /** Makes one audit event, at once. */
    adminCall(change: AdminChange): void {
      if (signal.aborted || !settings().enabled) return;
      // Two within a millisecond are two events, and the time is part of the id. A clock may be set back, though.
      const atMs = clock.now();
      lastAdminMs = atMs > lastAdminMs || lastAdminMs - atMs > 1_000 ? atMs : lastAdminMs + 1;
      const work = report([adminCall(change, lastAdminMs)]).finally(() => underWay.delete(work));
      underWay.add(work);
    },
    /** Resolves when no work is under way any more. */
    async stop(): Promise<void> {
      stopping.abort('no longer waited for');
      await Promise.all([running, ...underWay]);
    },
  };
}
