// Watches destinations (down, misconfigured, recovered), and creates their heartbeats.
import type { DestinationState } from '@xiq-siem/admin-api';
import { newHealthEvent } from './health-event.ts';
import { type Watcher, watchStates } from './watch.ts';

/** A shorter outage is not reported. */
const outageMs = 60_000;

/** Reasons of a pause that are not a fault of the destination. */
const internalReasons: ReadonlySet<string> = new Set(['dead_letters_full', 'dead_letters_write_failed']);

/** Undefined: nothing to report. */
function conditionOf({ state, reason = '', since, blocked }: DestinationState, atMs: number) {
  const isLong = since !== undefined && atMs - Date.parse(since) > outageMs;
  if (state === 'running') return blocked === undefined ? 'ok' : 'misconfigured';
  if (state === 'paused' && !internalReasons.has(reason)) return 'misconfigured';
  return (state === 'paused' || state === 'backing_off') && isLong ? 'down' : undefined;
}

const attributesOf = ({ name, type, state, since }: DestinationState) => ({
  'destination.name': name,
  'destination.type': type,
  'destination.state': state,
  'destination.since': since === undefined ? undefined : new Date(since).toISOString(),
});

const actions = {
  ok: 'destination-recovered',
  down: 'destination-down',
  misconfigured: 'destination-misconfigured',
} as const;

const parkedActions = { ok: 'parked-events-settled', parked: 'events-parked' } as const;

export const watchDestinations = (): Watcher =>
  watchStates(({ atMs, status }) => [
    ...status.destinations.map(({ name, type, parked }) => {
      const state = parked === undefined ? 'ok' : 'parked';
      const attributes = { 'destination.name': name, 'destination.type': type, count: parked?.events };
      const details = { reason: parked?.code, message: parked?.message, attributes };
      return {
        key: `parked ${name}`,
        state,
        hourly: true,
        action: parkedActions[state],
        subject: name,
        details,
      } as const;
    }),
    ...status.destinations.map((destination) => {
      const { name, blocked, lastFailure, reason = blocked?.code ?? lastFailure?.code } = destination;
      const state = conditionOf(destination, atMs);
      const message = (blocked?.code === reason ? blocked?.message : undefined) ?? lastFailure?.message;
      const fault = { reason, message, attributes: { ...attributesOf(destination), blocked_events: blocked?.events } };
      const details = state === 'ok' ? { attributes: attributesOf(destination) } : fault;
      return { key: name, state, action: state && actions[state], subject: name, details };
    }),
  ]);

/** One for each destination and period. The first period starts at `startMs`. */
export function watchHeartbeats(startMs: number): Watcher {
  let lastMs = startMs;
  return function* heartbeats({ atMs, status: { destinations, journal }, settings }) {
    const everyMs = settings.heartbeatMinutes * 60_000;
    // A clock that was set back does not delay heartbeats.
    if (atMs < lastMs) lastMs = atMs;
    if (atMs - lastMs < everyMs) return;
    lastMs = atMs - lastMs < 2 * everyMs ? lastMs + everyMs : atMs;
    for (const destination of destinations) {
      const { name, reason, lag, counters, eventsPerSecond, deadLetters, blocked, parked } = destination;
      yield newHealthEvent('heartbeat', name, atMs, {
        reason,
        attributes: {
          ...attributesOf(destination),
          'lag.bodies': lag.bodies,
          'lag.bytes': lag.bytes,
          'lag.seconds': lag.seconds,
          'lag.events_in_flight': lag.eventsInFlight,
          'journal.bytes': journal.bytes,
          'journal.max_bytes': journal.maxBytes,
          'journal.free_bytes': journal.freeBytes,
          'journal.hours_until_full': lag.hoursUntilFull ?? undefined,
          events_per_second: eventsPerSecond ?? undefined,
          'counters.normalized': counters.normalized,
          'counters.delivered': counters.delivered,
          'counters.degraded': counters.degraded,
          'counters.duplicate': counters.duplicate,
          'counters.dead_lettered': counters.deadLettered,
          'counters.filtered': counters.filtered,
          'counters.damaged': counters.damaged,
          'counters.unaccounted': counters.unaccounted,
          'counters.reconciled': counters.unaccounted === 0 && deadLetters.unaccounted === 0,
          'dead_letters.open': deadLetters.open,
          'dead_letters.parked': parked?.events ?? 0,
          blocked_events: blocked?.events,
          possible_duplicates: destination.possibleDuplicates,
          plugin_faults: destination.pluginFaults,
        },
      });
    }
  };
}
