// Looks at the connector every few seconds, and says what a security team can act on, as events of our own.
import type { AdminChange, Status } from '@xiq-siem/admin-api';
import { ConnectorError, type Logger, type Meter, type MetricTable } from '@xiq-siem/core';
import { adminSignal } from './admin-signal.ts';
import { createBudget } from './budget.ts';
import { heartbeats } from './heartbeat.ts';
import type {
  CounterReading,
  HourFigures,
  Look,
  OpenDeadLetters,
  RefusedAddress,
  SignalSettings,
  Watcher,
} from './look.ts';
import { createOwnTally } from './own-tally.ts';
import { newSignal, type Signal } from './signal.ts';
import { watchCompleteness } from './watch-completeness.ts';
import { watchDestinations } from './watch-destinations.ts';
import { watchJournal, watchLosses } from './watch-journal.ts';
import { watchRefused, watchUnknown, watchUnreadable } from './watch-senders.ts';
import { watchSilence } from './watch-silence.ts';
import { watchApi, watchPublicUrl, watchSubscriptions } from './watch-subscriptions.ts';
import { watchDeadLetters, watchDegraded } from './watch-verdicts.ts';

export const healthEventMetrics = {
  'xiq_siem.signals.made': {
    help: 'Events about the connector itself that were kept, to be delivered like any other.',
    unit: '{event}',
    attributes: ['action'],
  },
  'xiq_siem.signals.left_out': {
    help: 'Events about the connector itself that were not made: too many in an hour, or the journal took none.',
    unit: '{event}',
    attributes: ['action', 'reason'],
  },
} as const satisfies MetricTable;

export interface SignalsParts {
  status(): Promise<Status>;
  readonly counters: { readings(): readonly CounterReading[] };
  /** Open dead letters by destination, code and data set. */
  deadLetterGroups(): readonly OpenDeadLetters[];
  /** What was refused since it was last asked. */
  refusedAddresses(): readonly RefusedAddress[];
  /** Those that send from outside. */
  sources(): readonly string[];
  /** Epoch milliseconds; undefined where nothing came since the start. */
  lastReceivedMs(source: string): number | undefined;
  /** What the last proof of each source and message type found. */
  completeness?(): readonly HourFigures[];
  /** Keeps them as one body; resolves with its receipt. */
  keep(signals: readonly Signal[]): Promise<string>;
  /** Asked at each look. */
  settings(): SignalSettings;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: Meter<keyof typeof healthEventMetrics>;
  readonly clock?: Timers;
}

export interface Signals {
  /** One audit event, at once. */
  adminCall(change: AdminChange): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

const lookEveryMs = 15_000;

/** Runs `what` once after `ms`, and keeps no process alive for it; gives what cancels it. */
interface Timers {
  readonly after: (ms: number, what: () => void) => () => void;
}

const timers: Timers = {
  after(ms, what) {
    const timer = setTimeout(what, ms).unref();
    return () => clearTimeout(timer);
  },
};

const newWatchers = (nowMs: number): readonly Watcher[] => [
  watchDestinations(),
  watchDegraded(),
  watchDeadLetters(),
  watchJournal(),
  watchLosses(),
  watchSilence(),
  watchSubscriptions(),
  watchPublicUrl(),
  watchApi(),
  watchRefused(),
  watchUnknown(),
  watchUnreadable(),
  watchCompleteness(),
  heartbeats(nowMs),
];

/** The first look, at once, is what later ones are compared with. Nothing of it is made while `enabled` is false. */
export function startSignals(parts: SignalsParts): Signals {
  const { keep, now, log, meter, settings, clock = timers } = parts;
  const budget = createBudget(now());
  const own = createOwnTally();
  const underWay = new Set<Promise<void>>();
  /** None while switched off: what happened meanwhile is not said afterwards. */
  let watchers: readonly Watcher[] | undefined;
  let stopped = false;
  let callOff: (() => void) | undefined;
  let lastAdminMs = 0;

  const leaveOut = (signals: readonly Signal[], reason: 'too_many' | 'not_kept'): void => {
    for (const signal of signals) {
      budget.leftOut(signal);
      meter.add('xiq_siem.signals.left_out', 1, { action: signal.action, reason });
    }
  };

  /** Never rejects, and tries once: what cannot be kept is counted. */
  async function say(signals: readonly Signal[]): Promise<void> {
    const atMs = now();
    const room = Map.groupBy(signals, (signal) => budget.take(signal, atMs));
    leaveOut(room.get(false) ?? [], 'too_many');
    const said = room.get(true) ?? [];
    if (said.length === 0) return;
    own.add(atMs, said.length);
    try {
      await keep(said);
      for (const { action } of said) meter.add('xiq_siem.signals.made', 1, { action });
    } catch (cause) {
      leaveOut(said, 'not_kept');
      const code = cause instanceof ConnectorError ? cause.code : 'internal';
      log.warn('signals.not_kept', { code, signals: said.length, why: String(cause) });
    }
  }

  /** A fault of ours in one of them must not silence the others. */
  const watched = (watch: Watcher, seen: Look): readonly Signal[] => {
    try {
      return [...watch(seen)];
    } catch (cause) {
      log.error('signals.watch_failed', { name: watch.name, why: String(cause) });
      return [];
    }
  };

  async function look(): Promise<void> {
    const wanted = settings();
    const refused = parts.refusedAddresses();
    if (!wanted.enabled) {
      watchers = undefined;
      return;
    }
    const status = await parts.status();
    const atMs = now();
    watchers ??= newWatchers(atMs);
    const seen = {
      ...{ atMs, status, refused, settings: wanted, readings: parts.counters.readings() },
      ...{ sources: parts.sources(), lastReceivedMs: parts.lastReceivedMs },
      ...{ deadLetters: parts.deadLetterGroups, ownSince: own.since },
      completeness: () => parts.completeness?.() ?? [],
    };
    const found = watchers.flatMap((watch) => watched(watch, seen));
    const leftOut = budget.over(atMs);
    if (leftOut !== undefined) found.push(leftOutSignal(leftOut, atMs));
    if (!stopped) await say(found);
  }

  const begin = (work: Promise<void>): Promise<void> => {
    const ended = work
      .catch((cause: unknown) => log.error('signals.look_failed', { why: String(cause) }))
      .finally(() => underWay.delete(ended));
    underWay.add(ended);
    return ended;
  };
  const next = (): void => {
    if (stopped) return;
    callOff = clock.after(Math.min(lookEveryMs, settings().heartbeatMinutes * 60_000), lookOn);
  };
  const lookOn = (): void => void begin(look()).then(next);
  lookOn();

  return {
    adminCall(change) {
      if (stopped || !settings().enabled) return;
      // Two within a millisecond are two events, and the time is part of the id. A clock may be set back, though.
      const atMs = now();
      lastAdminMs = atMs > lastAdminMs || lastAdminMs - atMs > 1_000 ? atMs : lastAdminMs + 1;
      void begin(say([adminSignal(change, lastAdminMs)]));
    },
    async stop() {
      stopped = true;
      callOff?.();
      await Promise.all(underWay);
    },
  };
}

function leftOutSignal(leftOut: ReadonlyMap<string, number>, atMs: number): Signal {
  const count = [...leftOut.values()].reduce((sum, one) => sum + one, 0);
  const codes = [...leftOut].map(([action, times]) => `${action}=${times}`);
  return newSignal('signals-left-out', 'connector', atMs, { facts: { count, codes } });
}
