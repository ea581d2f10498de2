// Gauges of destinations, journal, dead letters and subscriptions, from the same data as `status`.
import { type DestinationState, problemCodes, type SourceState, type Status } from '@xiq-siem/admin-api';
import type { GaugeReading, MetricTable } from '@xiq-siem/core';

export const statusGauges = {
  'xiq_siem.problems': {
    help: 'Problems that xiq-siem status reports now, by code (docs/reference/problems.md). 0 for the other codes.',
    unit: '{problem}',
    attributes: ['code'],
  },
  'xiq_siem.destination.lag_bodies': {
    help: 'Bodies in the journal that the destination has not completely settled.',
    unit: '{body}',
    attributes: ['destination'],
  },
  'xiq_siem.destination.lag_bytes': {
    help: 'Bytes of the journal that the destination has not completely settled.',
    unit: 'By',
    attributes: ['destination'],
  },
  'xiq_siem.destination.lag_seconds': {
    help: 'Age of the oldest body that the destination has not completely settled; 0 if there is none.',
    unit: 's',
    attributes: ['destination'],
  },
  'xiq_siem.destination.open_events': {
    help: 'Events read from the journal and not yet settled.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.destination.blocked_events': {
    help: 'Open events that need an operator to fix something first; other events are delivered.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.destination.state': {
    help: '1 for the current state of the destination, 0 for the others: running, backing_off, paused, stopping, stopped.',
    attributes: ['destination', 'state'],
  },
  'xiq_siem.destination.position_events': {
    help: 'Events by outcome, stored with the position and kept over restarts. delivered includes degraded and duplicate; dead_lettered includes events that were parked.',
    unit: '{event}',
    attributes: ['destination', 'outcome'],
  },
  'xiq_siem.destination.unaccounted_events': {
    help: 'Accounting mismatch: normalized - (delivered + dead_lettered + filtered + damaged) - open. Anything but 0 is an internal error.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.dead_letters.open': {
    help: 'Dead letters that were not yet delivered by a retry or dropped.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.dead_letters.parked': {
    help: 'Parked events: blocked, or retried while others were delivered. They are retried automatically.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.dead_letters.bytes': {
    help: 'Size of the dead letters and parked events of all destinations.',
    unit: 'By',
  },
  'xiq_siem.dead_letters.max_bytes': {
    help: 'Maximum size of the dead-letter queue. A destination with a new dead letter waits while it is full.',
    unit: 'By',
  },
  'xiq_siem.journal.bytes': { help: 'Size of the journal.', unit: 'By' },
  'xiq_siem.journal.max_bytes': { help: 'Maximum size of the journal.', unit: 'By' },
  'xiq_siem.journal.free_bytes': { help: "Free bytes of the journal's disk.", unit: 'By' },
  'xiq_siem.journal.hours_until_full': {
    help: 'Hours until the journal is full at the current rate if the destination with the largest lag stays down. Absent if unknown.',
    unit: 'h',
  },
  'xiq_siem.journal.bodies': { help: 'Bodies in the journal.', unit: '{body}' },
  'xiq_siem.journal.first_sequence': { help: 'Sequence of the oldest body in the journal.' },
  'xiq_siem.journal.next_sequence': {
    help: 'Lowest sequence that the next body can have; higher than every sequence in the journal.',
  },
  'xiq_siem.journal.gaps': {
    help: 'Retention gaps that are not yet acknowledged: bodies evicted or found lost before the destination had them.',
    unit: '{gap}',
    attributes: ['destination'],
  },
  'xiq_siem.state.incidents': {
    help: 'Incidents that are not yet acknowledged: files of the data directory were damaged, missing, outdated or not completely migrated.',
    unit: '{incident}',
  },
  'xiq_siem.clock.step': {
    help: 'Seconds by which the system clock was changed while the connector ran, if more than an hour; else 0.',
    unit: 's',
  },
  'xiq_siem.subscriptions.state': {
    help: '1 for the current state of the subscription to a message type, 0 for the others: ok, missing, disabled, changed, foreign, unknown.',
    attributes: ['source', 'message_type', 'state'],
  },
  'xiq_siem.api.requests_remaining': {
    help: 'API requests to ExtremeCloud IQ that remain in the current hour of the account.',
    unit: '{request}',
    attributes: ['source'],
  },
} as const satisfies MetricTable;

type Reading = GaugeReading<keyof typeof statusGauges>;

const states = ['running', 'backing_off', 'paused', 'stopping', 'stopped'];

/** `freeBytes`: of the journal's disk; undefined if unknown. */
export function statusReadings(
  { sources = [], destinations, journal, deadLetters, gaps, incidents, clockStep, problems }: Status,
  freeBytes?: number,
): readonly Reading[] {
  const hours = destinations.flatMap(({ lag: { hoursUntilFull } }) => hoursUntilFull ?? []);
  return [
    ...problemCodes.map((code): Reading => {
      const value = problems.filter((one) => one.code === code).length;
      return { name: 'xiq_siem.problems', value, attributes: { code } };
    }),
    ...destinations.flatMap(destinationReadings),
    ...destinations.map(({ name }) => {
      const value = gaps.filter(({ destination }) => destination === name).length;
      return { name: 'xiq_siem.journal.gaps', value, attributes: { destination: name } } as const;
    }),
    { name: 'xiq_siem.journal.bytes', value: journal.bytes },
    { name: 'xiq_siem.journal.bodies', value: journal.bodies },
    { name: 'xiq_siem.journal.first_sequence', value: journal.firstSequence },
    { name: 'xiq_siem.journal.next_sequence', value: journal.nextSequence },
    ...known('xiq_siem.journal.max_bytes', journal.maxBytes),
    ...known('xiq_siem.journal.free_bytes', freeBytes),
    ...known('xiq_siem.journal.hours_until_full', hours.length === 0 ? undefined : Math.min(...hours)),
    { name: 'xiq_siem.state.incidents', value: incidents.length },
    { name: 'xiq_siem.clock.step', value: clockStep?.seconds ?? 0 },
    { name: 'xiq_siem.dead_letters.bytes', value: deadLetters.bytes },
    ...known('xiq_siem.dead_letters.max_bytes', deadLetters.maxBytes),
    ...sources.flatMap(sourceReadings),
  ];
}

const subscriptionStates = ['ok', 'missing', 'disabled', 'changed', 'foreign', 'unknown'];

function sourceReadings({ name: source, api }: SourceState): readonly Reading[] {
  if (api === undefined) return [];
  return [
    { name: 'xiq_siem.api.requests_remaining', value: api.requestsRemaining, attributes: { source } },
    ...api.subscriptions.flatMap(({ messageType, state }) =>
      subscriptionStates.map((one): Reading => {
        const attributes = { source, message_type: messageType, state: one };
        return { name: 'xiq_siem.subscriptions.state', value: one === state ? 1 : 0, attributes };
      }),
    ),
  ];
}

function known(name: Reading['name'], value: number | undefined): readonly Reading[] {
  return value === undefined ? [] : [{ name, value }];
}

function destinationReadings({
  name,
  state,
  blocked,
  parked,
  lag,
  counters,
  deadLetters,
}: DestinationState): readonly Reading[] {
  const attributes = { destination: name };
  const outcomes = {
    normalized: counters.normalized,
    delivered: counters.delivered,
    degraded: counters.degraded,
    duplicate: counters.duplicate,
    dead_lettered: counters.deadLettered,
    filtered: counters.filtered,
    damaged: counters.damaged,
  };
  return [
    { name: 'xiq_siem.destination.lag_bodies', value: lag.bodies, attributes },
    { name: 'xiq_siem.destination.lag_bytes', value: lag.bytes, attributes },
    { name: 'xiq_siem.destination.lag_seconds', value: lag.seconds, attributes },
    { name: 'xiq_siem.destination.open_events', value: counters.inFlight, attributes },
    { name: 'xiq_siem.destination.blocked_events', value: blocked?.events ?? 0, attributes },
    { name: 'xiq_siem.destination.unaccounted_events', value: counters.unaccounted, attributes },
    { name: 'xiq_siem.dead_letters.open', value: deadLetters.open, attributes },
    { name: 'xiq_siem.dead_letters.parked', value: parked?.events ?? 0, attributes },
    ...states.map((one): Reading => {
      const value = one === state ? 1 : 0;
      return { name: 'xiq_siem.destination.state', value, attributes: { ...attributes, state: one } };
    }),
    ...Object.entries(outcomes).map(([outcome, value]): Reading => {
      return { name: 'xiq_siem.destination.position_events', value, attributes: { ...attributes, outcome } };
    }),
  ];
}
