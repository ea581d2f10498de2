// The gauges of destinations, journal and dead letters: the figures that `status` shows, and no others.
import type { DestinationState, SourceState, Status } from '@xiq-siem/admin-api';
import type { GaugeReading } from '@xiq-siem/core';

const states = ['running', 'backing_off', 'paused', 'stopping', 'stopped'];

/** `freeBytes`: of the journal's disk, where known. */
export function statusReadings(
  { sources = [], destinations, journal, deadLetters, gaps }: Status,
  freeBytes?: number,
): readonly GaugeReading[] {
  const hours = destinations.flatMap(({ lag: { hoursUntilFull } }) => hoursUntilFull ?? []);
  return [
    ...destinations.flatMap(destinationReadings),
    ...destinations.map(({ name }) => {
      const value = gaps.filter(({ destination }) => destination === name).length;
      return { name: 'xiq_siem.journal.gaps', value, attributes: { destination: name } } as const;
    }),
    { name: 'xiq_siem.journal.bytes', value: journal.bytes },
    { name: 'xiq_siem.journal.first_sequence', value: journal.firstSequence },
    { name: 'xiq_siem.journal.next_sequence', value: journal.nextSequence },
    ...known('xiq_siem.journal.max_bytes', journal.maxBytes),
    ...known('xiq_siem.journal.free_bytes', freeBytes),
    ...known('xiq_siem.journal.hours_until_full', hours.length === 0 ? undefined : Math.min(...hours)),
    { name: 'xiq_siem.dead_letters.bytes', value: deadLetters.bytes },
    ...known('xiq_siem.dead_letters.max_bytes', deadLetters.maxBytes),
    ...sources.flatMap(sourceReadings),
  ];
}

const subscriptionStates = ['well', 'missing', 'disabled', 'changed', 'foreign', 'unknown'];

function sourceReadings({ name: source, api }: SourceState): readonly GaugeReading[] {
  if (api === undefined) return [];
  return [
    { name: 'xiq_siem.api.requests_remaining', value: api.requestsRemaining, attributes: { source } },
    ...api.subscriptions.flatMap(({ messageType, state }) =>
      subscriptionStates.map((one): GaugeReading => {
        const attributes = { source, message_type: messageType, state: one };
        return { name: 'xiq_siem.subscriptions.state', value: one === state ? 1 : 0, attributes };
      }),
    ),
  ];
}

function known(name: GaugeReading['name'], value: number | undefined): readonly GaugeReading[] {
  return value === undefined ? [] : [{ name, value }];
}

function destinationReadings({ name, state, held, lag, sum, deadLetters }: DestinationState): readonly GaugeReading[] {
  const attributes = { destination: name };
  const outcomes = {
    normalized: sum.normalized,
    delivered: sum.delivered,
    degraded: sum.degraded,
    duplicate: sum.duplicate,
    dead_lettered: sum.deadLettered,
    filtered: sum.filtered,
    damaged: sum.damaged,
  };
  return [
    { name: 'xiq_siem.destination.lag_bodies', value: lag.bodies, attributes },
    { name: 'xiq_siem.destination.lag_bytes', value: lag.bytes, attributes },
    { name: 'xiq_siem.destination.lag_seconds', value: lag.seconds, attributes },
    { name: 'xiq_siem.destination.open_events', value: sum.inFlight, attributes },
    { name: 'xiq_siem.destination.held_events', value: held?.events ?? 0, attributes },
    { name: 'xiq_siem.destination.sum_difference', value: sum.difference, attributes },
    { name: 'xiq_siem.dead_letters.open', value: deadLetters.open, attributes },
    ...states.map((one): GaugeReading => {
      const value = one === state ? 1 : 0;
      return { name: 'xiq_siem.destination.state', value, attributes: { ...attributes, state: one } };
    }),
    ...Object.entries(outcomes).map(([outcome, value]): GaugeReading => {
      return { name: 'xiq_siem.destination.position_events', value, attributes: { ...attributes, outcome } };
    }),
  ];
}
