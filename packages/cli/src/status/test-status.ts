// For tests: a status of five destinations, and one change for each problem code.
import type { DestinationState, ProblemCode, SourceState, Status } from '@xiq-siem/admin-api';
import { problemsOf } from '@xiq-siem/queries';

export const at = '2026-11-24T12:00:00Z';
const started = '2026-11-24T09:50:00Z';

export const running: DestinationState = {
  ...{ name: 'archive', type: 'file', assurance: 'stored', state: 'running', possibleDuplicates: 0, pluginFaults: 0 },
  since: started,
  lag: { bodies: 0, bytes: 0, seconds: 0, eventsInFlight: 0, hoursUntilFull: null },
  eventsPerSecond: 12.5,
  counters: {
    ...{ normalized: 1_234_567, delivered: 1_234_500, degraded: 0, duplicate: 0, deadLettered: 0 },
    ...{ filtered: 67, damaged: 0, inFlight: 0, unaccounted: 0 },
  },
  deadLetters: { open: 0, delivered: 0, dropped: 0, lost: 0, unaccounted: 0 },
};

const api: NonNullable<SourceState['api']> = {
  subscriptions: [{ messageType: 'AUDIT_LOG_ALL', state: 'ok' }],
  ...{ publicUrl: [], requestsPerHour: 7_500, requestsRemaining: 7_400 },
};

export const xiq: SourceState = { name: 'xiq', lastReceived: '2026-11-24T11:59:48Z', silentAfterSeconds: 86_400, api };

const five: readonly DestinationState[] = [
  running,
  { ...running, name: 'elastic-prod', type: 'elasticsearch', assurance: 'indexed' },
  { ...running, name: 'splunk', type: 'splunk-hec', assurance: 'accepted' },
  { ...running, name: 'otel', type: 'otel-logs', assurance: 'accepted' },
  { ...running, name: 'lake', assurance: 'stored' },
];

export type Facts = Omit<Status, 'problems'>;

export const healthy: Facts = {
  ...{ snapshot: false, at, version: '0.1.0', instanceId: 'one', started, accepting: { ok: true, reasons: [] } },
  ...{ sources: [xiq], destinations: [...five], notConfigured: [] },
  journal: {
    ...{ firstSequence: 1, nextSequence: 2010, bodies: 2000, bytes: 5_000_000, maxBytes: 10_737_418_240 },
    ...{ bodiesPerSecond: 3.2, bytesPerHour: 1000, lost: [] },
  },
  ...{ gaps: [], incidents: [], deadLetters: { open: 0, bytes: 0 }, jobsRunning: 0, reconciled: true },
};

export const withProblems = (facts: Facts): Status => ({ ...facts, problems: problemsOf(facts) });

type Change = (facts: Facts) => Facts;

const elastic =
  (change: Partial<DestinationState>): Change =>
  (facts) => ({
    ...facts,
    destinations: facts.destinations.map((one) => (one.name === 'elastic-prod' ? { ...one, ...change } : one)),
  });

const source =
  (change: Partial<SourceState>): Change =>
  (facts) => ({ ...facts, sources: (facts.sources ?? []).map((one) => ({ ...one, ...change })) });

const subscription = (state: 'missing' | 'disabled' | 'changed'): Change =>
  source({ api: { ...api, subscriptions: [{ messageType: 'AUDIT_LOG_ALL', state }] } });

const waiting = { bodies: 1_204, bytes: 3_250_000, seconds: 7_200, eventsInFlight: 3, hoursUntilFull: 5.2 };
const reason = 'index_template_missing';
const incident = { id: 'state:1', at, reason: 'file is not a database', recovered: 3 };

/** What makes each problem; its first line. */
export const examples: Readonly<Record<ProblemCode, { readonly change: Change; readonly first: string }>> = {
  accounting_mismatch: {
    change: (facts) => ({
      ...elastic({ counters: { ...running.counters, unaccounted: -3 } })(facts),
      reconciled: false,
    }),
    first: 'ACCOUNTING MISMATCH: 3 events of elastic-prod unaccounted for',
  },
  requests_unreadable: {
    change: (facts) => {
      const lost = { fromSequence: 5, toSequence: 9, bodies: 3, bytes: 10, reason: 'damaged' as const };
      return { ...facts, journal: { ...facts.journal, lost: [{ ...lost, where: 'journal/1' }] } };
    },
    first: 'LOST: 3 stored requests cannot be read',
  },
  data_lost: {
    change: (facts) => ({ ...facts, incidents: [...facts.incidents, { ...incident, kind: 'damaged', lost: 2 }] }),
    first: 'LOST: the state file was damaged: 2 dead letters lost',
  },
  not_accepting: {
    change: (facts) => ({ ...facts, accepting: { ok: false, reasons: ['journal_full'] } }),
    first: 'NOT ACCEPTING: webhooks (journal_full)',
  },
  not_running: {
    change: (facts) => {
      const { accepting: _, started: __, ...stopped } = elastic({ state: 'unknown', lag: waiting })(facts);
      return stopped;
    },
    first: 'NOT RUNNING: 1,204 requests wait',
  },
  requests_evicted: {
    change: (facts) => {
      const gap = { destination: 'elastic-prod', fromSequence: 5, toSequence: 9, bodies: 4, bytes: 2048, at };
      return { ...facts, gaps: [{ ...gap, id: 'elastic-prod:5-9' }] };
    },
    first: 'LOST: 4 requests evicted before elastic-prod had them',
  },
  destination_paused: {
    change: elastic({
      ...{ state: 'paused', reason, lag: waiting },
      lastFailure: { code: reason, message: 'no index template matches logs-extreme_xiq.audit-default', at },
    }),
    first: 'PAUSED: elastic-prod (index_template_missing); nothing is lost',
  },
  events_blocked: {
    change: elastic({ blocked: { events: 2, code: 'mapping_conflict', message: 'failed to parse field [a]' } }),
    first: 'BLOCKED: 2 events of elastic-prod (mapping_conflict); nothing is lost',
  },
  events_parked: {
    change: elastic({ parked: { events: 1, code: 'mapping_conflict', message: 'failed to parse field [a]' } }),
    first: 'PARKED: 1 event of elastic-prod (mapping_conflict); nothing is lost',
  },
  parking_refused: {
    change: elastic({ parkingRefused: true }),
    first: 'NOT PARKED: events of elastic-prod; nothing is lost',
  },
  destination_down: {
    change: elastic({
      ...{ state: 'backing_off', since: '2026-11-24T11:50:00Z', reason: 'unreachable', lag: waiting },
      lastFailure: { code: 'unreachable', message: 'connect ECONNREFUSED 192.0.2.7:9200', at },
    }),
    first: 'NOT DELIVERING: elastic-prod (unreachable, for 10 min); nothing is lost',
  },
  destination_removed: {
    change: (facts) => ({ ...facts, notConfigured: [...facts.notConfigured, { name: 'renamed', bodies: 10 }] }),
    first: 'NOT CONFIGURED: 10 requests wait for renamed; nothing is lost',
  },
  destination_behind: {
    change: elastic({ lag: waiting }),
    first: 'BEHIND: elastic-prod (its oldest event is 2 h old); nothing is lost',
  },
  dead_letters: {
    change: elastic({ deadLetters: { ...running.deadLetters, open: 7 } }),
    first: 'DEAD LETTERS: 7 of elastic-prod; nothing is lost',
  },
  events_degraded: {
    change: elastic({ degraded: { events: 12, code: 'failure_store', advice: 'look in the failure store' } }),
    first: 'DEGRADED: 12 events of elastic-prod (failure_store); nothing is lost',
  },
  filter_matches_nothing: {
    change: elastic({ matchesNothing: 'where.datasets: audit is no dataset: did you mean extreme_xiq.audit?' }),
    first: 'ALL FILTERED: elastic-prod can get no event',
  },
  webhooks_refused: {
    change: (facts) => ({
      ...facts,
      unknownPaths: [{ path: '/webhook/xiq', code: 'not_found', total: 9, lastHour: 3, last: at }],
    }),
    first: 'REFUSED: 3 requests to unknown paths',
  },
  credentials_refused: {
    change: source({
      refused: [{ status: 401, code: 'unauthorized', total: 80, lastHour: 80, last: '2026-11-24T11:58:00Z' }],
    }),
    first: 'REFUSED: 80 requests to source xiq (wrong secret or none)',
  },
  subscription_missing: {
    change: subscription('missing'),
    first: 'SUBSCRIPTIONS: 1 of source xiq missing',
  },
  subscription_disabled: {
    change: subscription('disabled'),
    first: 'SUBSCRIPTIONS: 1 of source xiq disabled',
  },
  subscription_changed: {
    change: subscription('changed'),
    first: 'SUBSCRIPTIONS: 1 of source xiq changed',
  },
  source_silent: {
    change: source({ lastReceived: '2026-11-22T12:00:00Z' }),
    first: 'SILENT: xiq (no webhook for 2 d)',
  },
  public_url_failed: {
    change: source({
      api: {
        ...api,
        publicUrl: [{ what: 'certificate_expiry', result: 'failed', message: 'It expires in 3 days.' }],
      },
    }),
    first: 'PUBLIC URL: of source xiq failed: certificate expiry',
  },
  rotation_incomplete: {
    change: source({ api: { ...api, rotating: true } }),
    first: 'ROTATION: of the secret of xiq not complete',
  },
  api_failing: {
    change: source({ api: { ...api, failure: 'no response' } }),
    first: 'API: of source xiq fails; nothing is lost',
  },
  state_unreadable: {
    change: (facts) => ({ ...facts, stateFault: 'data/state.sqlite: file is not a database' }),
    first: 'STATE FILE: cannot be read, dead letters are unknown',
  },
  data_incident: {
    change: (facts) => {
      const harmless = { ...incident, id: 'state:2', kind: 'damaged' as const, lost: 0 };
      return { ...facts, incidents: [...facts.incidents, harmless] };
    },
    first: 'INCIDENT: the state file was damaged: no dead letter lost; nothing is lost',
  },
  destination_not_configured: {
    change: (facts) => ({ ...facts, notConfigured: [...facts.notConfigured, { name: 'old', bodies: 0 }] }),
    first: 'NOT CONFIGURED: old keeps new requests in the journal; nothing is lost',
  },
  clock_step: {
    change: (facts) => ({ ...facts, clockStep: { seconds: 31_536_000, at } }),
    first: 'CLOCK: the clock was set forward by 365 d at 2026-11-24T12:00:00Z; nothing is lost',
  },
  requests_damaged: {
    change: elastic({ counters: { ...running.counters, damaged: 3 } }),
    first: 'DAMAGED: 3 requests of elastic-prod',
  },
  datasets_not_routed: {
    change: source({ datasetsNotRouted: ['extreme_xiq.audit'] }),
    first: 'NOT ROUTED: events of extreme_xiq.audit of source xiq go to no destination; nothing is lost',
  },
};
