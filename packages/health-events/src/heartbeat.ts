// Heartbeats: one for each destination, every so often, with its figures.
import type { DestinationState } from '@xiq-siem/admin-api';
import type { Look, Watcher } from './look.ts';
import { newSignal, type Signal } from './signal.ts';

/** The first when a whole period has passed since `startMs`. */
export function heartbeats(startMs: number): Watcher {
  let lastMs = startMs;
  return function* beat({ atMs, status, settings }: Look) {
    const everyMs = settings.heartbeatMinutes * 60_000;
    // A clock that was set back must not silence us for as long.
    if (atMs < lastMs) lastMs = atMs;
    if (atMs - lastMs < everyMs) return;
    lastMs = atMs - lastMs < 2 * everyMs ? lastMs + everyMs : atMs;
    for (const destination of status.destinations) yield heartbeat(destination, atMs);
  };
}

function heartbeat(destination: DestinationState, atMs: number): Signal {
  const { name, type, state, since, lag, sum, eventsPerSecond, deadLetters, held, reason } = destination;
  return newSignal('heartbeat', name, atMs, {
    reason,
    facts: {
      ...{ 'destination.name': name, 'destination.type': type, 'destination.state': state },
      ...(since !== undefined && { 'destination.since': new Date(since).toISOString() }),
      ...{ 'lag.bodies': lag.bodies, 'lag.bytes': lag.bytes, 'lag.seconds': lag.seconds },
      'lag.events_in_flight': lag.eventsInFlight,
      ...(lag.hoursUntilFull !== null && { 'journal.hours_until_full': lag.hoursUntilFull }),
      ...(eventsPerSecond !== null && { events_per_second: eventsPerSecond }),
      ...{ 'sum.normalized': sum.normalized, 'sum.delivered': sum.delivered, 'sum.degraded': sum.degraded },
      ...{ 'sum.duplicate': sum.duplicate, 'sum.dead_lettered': sum.deadLettered, 'sum.filtered': sum.filtered },
      ...{ 'sum.damaged': sum.damaged, 'sum.difference': sum.difference },
      'sum.holds': sum.difference === 0 && deadLetters.difference === 0,
      'dead_letters.open': deadLetters.open,
      ...(held && { held_events: held.events }),
      ...{ possible_duplicates: destination.possibleDuplicates, plugin_faults: destination.pluginFaults },
    },
  });
}
