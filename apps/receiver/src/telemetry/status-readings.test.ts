import { type Problem, problemCodes, type Status } from '@xiq-siem/admin-api';
import type { GaugeReading } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { statusReadings } from './status-readings.ts';

const destination: Status['destinations'][number] = {
  ...{ name: 'siem', type: 'elasticsearch', assurance: 'indexed', state: 'paused', reason: 'http_401' },
  blocked: { events: 3, code: 'mapping_conflict' },
  parked: { events: 2, code: 'mapping_conflict' },
  lag: { bodies: 4, bytes: 5_000, seconds: 61.5, eventsInFlight: 9, hoursUntilFull: 12 },
  eventsPerSecond: null,
  counters: {
    ...{ normalized: 100, delivered: 80, degraded: 2, duplicate: 1 },
    ...{ deadLettered: 6, filtered: 4, damaged: 1, inFlight: 9, unaccounted: 0 },
  },
  deadLetters: { open: 5, delivered: 1, dropped: 0, lost: 0, unaccounted: 0 },
  ...{ possibleDuplicates: 0, pluginFaults: 0 },
};

const status: Status = {
  ...{ snapshot: false, at: '2026-11-24T22:00:00.000Z', version: '0.1.0', instanceId: 'an-instance' },
  journal: {
    ...{ firstSequence: 7, nextSequence: 1_007, bodies: 500, bytes: 9_000, maxBytes: 90_000 },
    ...{ bodiesPerSecond: null, bytesPerHour: 1, lost: [] },
  },
  destinations: [
    destination,
    { ...destination, name: 'archive', state: 'running', blocked: undefined, parked: undefined },
  ],
  notConfigured: [],
  gaps: [
    {
      ...{ id: 'siem:1-2', destination: 'siem', fromSequence: 1, toSequence: 2, bodies: 2, bytes: 100 },
      at: '2026-11-24T21:00:00.000Z',
    },
  ],
  incidents: [],
  problems: [],
  deadLetters: { open: 10, bytes: 700, maxBytes: 7_000 },
  ...{ jobsRunning: 0, reconciled: true },
};

const shown = (readings: readonly GaugeReading[]) =>
  readings.map(({ name, value, attributes = {} }) => [name, ...Object.values(attributes), value].join(' '));

it('a source with an API shows the state of each subscription and the remaining requests', () => {
  const api = {
    subscriptions: [{ messageType: 'AUDIT_LOG_ALL', state: 'disabled' as const }],
    ...{ publicUrl: [], requestsPerHour: 7_500, requestsRemaining: 7_400 },
  };
  const lines = shown(statusReadings({ ...status, sources: [{ name: 'xiq', api }, { name: 'other' }] }));
  expect(lines.filter((line) => /xiq AUDIT|api\./.test(line))).toEqual([
    'xiq_siem.api.requests_remaining xiq 7400',
    'xiq_siem.subscriptions.state xiq AUDIT_LOG_ALL ok 0',
    'xiq_siem.subscriptions.state xiq AUDIT_LOG_ALL missing 0',
    'xiq_siem.subscriptions.state xiq AUDIT_LOG_ALL disabled 1',
    'xiq_siem.subscriptions.state xiq AUDIT_LOG_ALL changed 0',
    'xiq_siem.subscriptions.state xiq AUDIT_LOG_ALL foreign 0',
    'xiq_siem.subscriptions.state xiq AUDIT_LOG_ALL unknown 0',
  ]);
});

it('the gauges of a destination have the values of status', () => {
  const ofSiem = shown(statusReadings(status)).filter((line) => line.includes(' siem '));
  expect(ofSiem.map((line) => line.replace('xiq_siem.', ''))).toEqual([
    'destination.lag_bodies siem 4',
    'destination.lag_bytes siem 5000',
    'destination.lag_seconds siem 61.5',
    'destination.open_events siem 9',
    'destination.blocked_events siem 3',
    'destination.unaccounted_events siem 0',
    'dead_letters.open siem 5',
    'dead_letters.parked siem 2',
    'destination.state siem running 0',
    'destination.state siem backing_off 0',
    'destination.state siem paused 1',
    'destination.state siem stopping 0',
    'destination.state siem stopped 0',
    'destination.position_events siem normalized 100',
    'destination.position_events siem delivered 80',
    'destination.position_events siem degraded 2',
    'destination.position_events siem duplicate 1',
    'destination.position_events siem dead_lettered 6',
    'destination.position_events siem filtered 4',
    'destination.position_events siem damaged 1',
    'journal.gaps siem 1',
  ]);
});

it('journal and dead letters are shown once, and each destination has its gaps, also 0', () => {
  const others = shown(statusReadings(status, 55)).filter((line) => !/destination| siem |problems/.test(line));
  expect(others).toEqual([
    'xiq_siem.dead_letters.open archive 5',
    'xiq_siem.dead_letters.parked archive 0',
    'xiq_siem.journal.gaps archive 0',
    'xiq_siem.journal.bytes 9000',
    'xiq_siem.journal.bodies 500',
    'xiq_siem.journal.first_sequence 7',
    'xiq_siem.journal.next_sequence 1007',
    'xiq_siem.journal.max_bytes 90000',
    'xiq_siem.journal.free_bytes 55',
    'xiq_siem.journal.hours_until_full 12',
    'xiq_siem.state.incidents 0',
    'xiq_siem.clock.step 0',
    'xiq_siem.dead_letters.bytes 700',
    'xiq_siem.dead_letters.max_bytes 7000',
  ]);
});

it('every problem code has a gauge: the number of its problems, also 0', () => {
  const problem: Problem = {
    code: 'destination_down',
    severity: 'error',
    subject: { kind: 'destination', name: 'siem' },
    ...{ summary: 'siem', text: 'unreachable', next: 'fix it' },
  };
  const gauges = shown(statusReadings({ ...status, problems: [problem, problem] })).filter((line) =>
    /problems/.test(line),
  );
  expect(gauges).toHaveLength(problemCodes.length);
  expect(gauges.filter((line) => !line.endsWith(' 0'))).toEqual(['xiq_siem.problems destination_down 2']);
});

it('an unknown value has no gauge', () => {
  const lag = { ...destination.lag, hoursUntilFull: null };
  const names = statusReadings({ ...status, destinations: [{ ...destination, lag }] }).map(({ name }) => name);
  expect(names).not.toContain('xiq_siem.journal.hours_until_full');
  expect(names).not.toContain('xiq_siem.journal.free_bytes');
});
