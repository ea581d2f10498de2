// The gauges of destinations, journal and dead letters: the figures that `status` shows, and no others.
import type { DestinationState, SourceState, Status } from '@xiq-siem/admin-api';
import type { GaugeReading, MetricTable } from '@xiq-siem/core';

export const statusGauges = {
  'xiq_siem.destination.lag_bodies': {
    help: 'Bodies in the journal that the destination has not wholly settled.',
    unit: '{body}',
    attributes: ['destination'],
  },
  'xiq_siem.destination.lag_bytes': {
    help: 'Bytes of the journal that the destination has not wholly settled.',
    unit: 'By',
    attributes: ['destination'],
  },
  'xiq_siem.destination.lag_seconds': {
    help: 'Age of the oldest body that the destination has not wholly settled; 0 when it has all.',
    unit: 's',
    attributes: ['destination'],
  },
  'xiq_siem.destination.open_events': {
    help: 'Events taken and not yet settled.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.destination.blocked_events': {
    help: 'Open events of which a person has to mend something first, while others pass.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.destination.state': {
    help: '1 for the state that the destination is in, 0 for the others: running, backing_off, paused, stopping, stopped.',
    attributes: ['destination', 'state'],
  },
  'xiq_siem.destination.position_events': {
    help: 'Events of the bodies that were read, by outcome, kept with the position over restarts. degraded and duplicate are part of delivered.',
    unit: '{event}',
    attributes: ['destination', 'outcome'],
  },
  'xiq_siem.destination.unaccounted_events': {
    help: 'normalized - (delivered + dead_lettered + filtered + damaged) - open. Anything but 0 is a fault of ours.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.dead_letters.open': {
    help: 'Dead letters that nobody has retried or dropped.',
    unit: '{event}',
    attributes: ['destination'],
  },
  'xiq_siem.dead_letters.bytes': { help: 'Size of the dead letters of all destinations.', unit: 'By' },
  'xiq_siem.dead_letters.max_bytes': {
    help: 'Size at which a destination that has a dead letter to write waits.',
    unit: 'By',
  },
  'xiq_siem.journal.bytes': { help: 'Size of the journal.', unit: 'By' },
  'xiq_siem.journal.max_bytes': { help: 'Size at which the journal is full.', unit: 'By' },
  'xiq_siem.journal.free_bytes': { help: "Free bytes of the journal's disk.", unit: 'By' },
  'xiq_siem.journal.hours_until_full': {
    help: "Hours until the journal is full at today's pace, should the destination furthest behind take nothing more. Absent where not known.",
    unit: 'h',
  },
  'xiq_siem.journal.bodies': { help: 'Bodies in the journal.', unit: '{body}' },
  'xiq_siem.journal.first_sequence': { help: 'Number of the oldest body in the journal.' },
  'xiq_siem.journal.next_sequence': {
    help: 'Above the number of every body in the journal; the next body has it, or a higher one.',
  },
  'xiq_siem.journal.gaps': {
    help: 'Spans of bodies that were let go before the destination had them, not yet acknowledged.',
    unit: '{gap}',
    attributes: ['destination'],
  },
  'xiq_siem.state.incidents': {
    help: 'Times that the state file was found damaged, missing or not to be migrated in full, not yet acknowledged.',
    unit: '{incident}',
  },
  'xiq_siem.subscriptions.state': {
    help: '1 for the state that the subscription to a message type is in, 0 for the others: well, missing, disabled, changed, foreign, unknown.',
    attributes: ['source', 'message_type', 'state'],
  },
  'xiq_siem.api.requests_remaining': {
    help: "Requests to the API of ExtremeCloud IQ that are left of the account's hour.",
    unit: '{request}',
    attributes: ['source'],
  },
} as const satisfies MetricTable;

type Reading = GaugeReading<keyof typeof statusGauges>;

const states = ['running', 'backing_off', 'paused', 'stopping', 'stopped'];

/** `freeBytes`: of the journal's disk, where known. */
export function statusReadings(
  { sources = [], destinations, journal, deadLetters, gaps, incidents }: Status,
  freeBytes?: number,
): readonly Reading[] {
  const hours = destinations.flatMap(({ lag: { hoursUntilFull } }) => hoursUntilFull ?? []);
  return [
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
    ...states.map((one): Reading => {
      const value = one === state ? 1 : 0;
      return { name: 'xiq_siem.destination.state', value, attributes: { ...attributes, state: one } };
    }),
    ...Object.entries(outcomes).map(([outcome, value]): Reading => {
      return { name: 'xiq_siem.destination.position_events', value, attributes: { ...attributes, outcome } };
    }),
  ];
}
