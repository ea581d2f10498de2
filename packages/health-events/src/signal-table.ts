// What each signal means: for the documents that are made of them, and for the reference.
import type { EcsFields } from '@xiq-siem/core';
import type { Signal, SignalAction } from './signal.ts';
import { amount, hours, list, seconds } from './words.ts';

export interface SignalDescription {
  /** When it is said, for a person. */
  readonly when: string;
  /** What to do then. */
  readonly advice: string;
  /** As Elastic's detection rules grade: 0 nothing to do, 21 low, 47 medium, 73 high, 99 critical. */
  readonly severity: 0 | 21 | 47 | 73 | 99;
  readonly level: 'info' | 'notice' | 'warning' | 'error';
  /** `alert` is what we found by watching for it: a SIEM may show it beside its own. */
  readonly kind: 'event' | 'metric' | 'alert';
  readonly category?: EcsFields['event.category'];
  readonly type: EcsFields['event.type'];
  readonly outcome?: 'failure';
  /** What happened, to what. The advice follows it where there is something to do. */
  message(signal: Signal): string;
}

const because = ({ reason, words }: Signal): string => {
  const why = [reason, words].filter((part) => part !== undefined).join(': ');
  return why === '' ? '' : ` (${why})`;
};

export const signalTable: Readonly<Record<SignalAction, SignalDescription>> = {
  heartbeat: {
    when: 'Every `signals.heartbeatMinutes`, for each destination, with its lag, rate and counters.',
    advice: 'Alert on its absence: then either the connector or the way to this SIEM is down.',
    severity: 0,
    level: 'info',
    kind: 'metric',
    category: ['process'],
    type: ['info'],
    message: ({ subject, facts }) =>
      `Destination ${subject} is ${facts['destination.state'] ?? 'unknown'}, ${amount(facts['lag.bodies'] ?? 0, 'body')} behind.`,
  },
  'destination-down': {
    when: 'A destination could not be reached, or not written to, for more than 60 seconds.',
    advice: 'Run `xiq-siem check`. What comes meanwhile waits in the journal and is delivered later.',
    severity: 73,
    level: 'error',
    kind: 'alert',
    type: ['error'],
    message: (signal) => `Destination ${signal.subject} takes nothing${because(signal)}.`,
  },
  'destination-misconfigured': {
    when: 'A destination refuses everything, or some events, until a person mends something: a key, an index, a template.',
    advice: 'Run `xiq-siem check` and `xiq-siem status`, mend what they name; delivery goes on by itself.',
    severity: 73,
    level: 'error',
    kind: 'alert',
    type: ['error'],
    message: (signal) => `Destination ${signal.subject} waits for a person to mend something${because(signal)}.`,
  },
  'destination-recovered': {
    when: 'A destination that was said to be down or misconfigured takes events again.',
    advice: 'Nothing. What waited is delivered now.',
    severity: 0,
    level: 'notice',
    kind: 'event',
    type: ['info'],
    message: ({ subject }) => `Destination ${subject} takes events again.`,
  },
  'destination-degraded': {
    when: 'Events were taken by a destination, but not as they should be. At most once an hour.',
    advice: 'Run `xiq-siem status` and `xiq-siem setup NAME`: a template or a mapping there may be out of date.',
    severity: 47,
    level: 'warning',
    kind: 'event',
    type: ['error'],
    message: ({ subject, facts }) =>
      `Destination ${subject} took ${amount(facts.count ?? 0, 'event')} not as it should.`,
  },
  'dead-letters-growing': {
    when: 'Events were rejected by a destination for good, and rest in the dead letters. At most once an hour for each destination and code.',
    advice: 'Run `xiq-siem dlq list`, mend what it names, then `xiq-siem dlq retry`.',
    severity: 73,
    level: 'error',
    kind: 'alert',
    type: ['error'],
    message: (signal) =>
      `${amount(signal.facts.count ?? 0, 'event')} of destination ${signal.subject} came to the dead letters${because(signal)}.`,
  },
  'journal-filling': {
    when: 'A destination is more than a minute behind, and the journal would be full in less than `signals.journalHours`, should it take nothing more. At most once an hour.',
    advice: 'Bring the destination back, or give the journal more room (`journal.maxBytes`).',
    severity: 73,
    level: 'error',
    kind: 'alert',
    type: ['error'],
    message: ({ subject, facts }) =>
      `The journal is full in ${hours(facts['journal.hours_until_full'] ?? 0)} unless destination ${subject} takes what waits for it.`,
  },
  'gap-opened': {
    when: 'The journal was full, and bodies were let go that a destination still wanted. Once a gap; again at most once an hour while it grows.',
    advice:
      'The events are lost for this destination: where an `api` is configured, `xiq-siem backfill --force-duplicates` of that time brings them again; then `xiq-siem status --acknowledge GAP`.',
    severity: 99,
    level: 'error',
    kind: 'alert',
    type: ['error'],
    message: ({ subject, facts }) =>
      `Destination ${subject} lost ${amount(facts['gap.bodies'] ?? 0, 'body')} that a full journal let go: gap ${facts['gap.id'] ?? 'unknown'}.`,
  },
  'bodies-lost': {
    when: 'Bodies that were kept cannot be read any more: a damaged or a missing part of the journal. Once each.',
    advice:
      'Look after the disk. `xiq-siem status` shows the span; where an `api` is configured, `xiq-siem backfill` of that time brings its events again.',
    severity: 99,
    level: 'error',
    kind: 'alert',
    type: ['error'],
    message: ({ subject, reason, facts }) =>
      `The journal cannot read bodies ${facts['gap.from_sequence'] ?? '?'} to ${facts['gap.to_sequence'] ?? '?'} (${reason ?? 'lost'}, ${subject}).`,
  },
  'source-silent': {
    when: 'A source has sent nothing for `signals.silentFactor` times its longest pause of the last day, and for at least 10 minutes.',
    advice: 'See whether its subscription at ExtremeCloud IQ is alive, and whether its webhooks still reach us.',
    severity: 73,
    level: 'warning',
    kind: 'alert',
    type: ['error'],
    message: ({ subject, facts }) =>
      `Source ${subject} has been silent for ${seconds(facts['silence.seconds'] ?? 0)}; its longest pause is usually ${seconds(facts['silence.habit_seconds'] ?? 0)}.`,
  },
  'source-heard': {
    when: 'A source that was said to be silent sends again.',
    advice: 'Nothing, or look in ExtremeCloud IQ for what it did not send meanwhile.',
    severity: 21,
    level: 'notice',
    kind: 'event',
    type: ['info'],
    message: ({ subject, facts }) =>
      `Source ${subject} sends again, after ${seconds(facts['silence.seconds'] ?? 0)} of silence.`,
  },
  'subscription-missing': {
    when: 'A subscription that there is to be is not there at ExtremeCloud IQ: its webhooks do not come. Once, until it is there again.',
    advice: 'Run `xiq-siem subscriptions apply`, then `xiq-siem backfill` for what was not sent meanwhile.',
    severity: 73,
    level: 'error',
    kind: 'alert',
    category: ['configuration'],
    type: ['deletion'],
    message: ({ facts }) =>
      `There is no subscription of source ${facts.source ?? '?'} to ${facts.message_type ?? '?'} at ExtremeCloud IQ.`,
  },
  'subscription-disabled': {
    when: 'A subscription of ours was disabled at ExtremeCloud IQ: its webhooks do not come. Once, until it is enabled again.',
    advice: 'Run `xiq-siem subscriptions apply`, then `xiq-siem backfill` for what was not sent meanwhile.',
    severity: 73,
    level: 'error',
    kind: 'alert',
    category: ['configuration'],
    type: ['change'],
    message: (signal) =>
      `The subscription of source ${signal.facts.source ?? '?'} to ${signal.facts.message_type ?? '?'} is disabled at ExtremeCloud IQ${because(signal)}.`,
  },
  'subscription-changed': {
    when: 'A subscription is not as configured: another URL or secret, one too many (reason `changed`), or one of another application that sends to our URL (reason `foreign`). Once, until it is so no more.',
    advice:
      'Know who did it. `xiq-siem subscriptions plan` shows the difference, `subscriptions apply` mends what is ours.',
    severity: 73,
    level: 'warning',
    kind: 'alert',
    category: ['configuration'],
    type: ['change'],
    message: (signal) =>
      `The subscription of source ${signal.facts.source ?? '?'} to ${signal.facts.message_type ?? '?'} is not as configured${because(signal)}.`,
  },
  'subscription-mended': {
    when: 'A subscription that was missing, disabled or changed is as configured again: mended by us (`reconcile: apply`), or by somebody.',
    advice: 'Nothing, or `xiq-siem backfill` where `backfill` is not `auto`.',
    severity: 21,
    level: 'notice',
    kind: 'event',
    category: ['configuration'],
    type: ['change'],
    message: ({ reason, facts }) =>
      `The subscription of source ${facts.source ?? '?'} to ${facts.message_type ?? '?'} is as configured again; it was ${reason ?? 'not'}.`,
  },
  'public-url-wrong': {
    when: 'Something is wrong with the public URL as a sender finds it: its name, its certificate or chain, less than 21 days to its expiry, or its answer. Once, and again when other checks fail.',
    advice: 'Mend what it names: `xiq-siem status` shows each check.',
    severity: 73,
    level: 'error',
    kind: 'alert',
    type: ['error'],
    message: (signal) =>
      `The public URL of source ${signal.subject} is not as ExtremeCloud IQ needs it: ${list(signal.facts.codes)}${because(signal)}.`,
  },
  'xiq-api-failing': {
    when: 'Subscriptions could not be looked at or mended, since the API of ExtremeCloud IQ cannot be reached, or refuses. Once, until it answers again.',
    advice: 'Run `xiq-siem subscriptions plan`: it says what is wrong. Webhooks come as before.',
    severity: 47,
    level: 'warning',
    kind: 'alert',
    type: ['error'],
    message: (signal) => `The API of ExtremeCloud IQ fails for source ${signal.subject}${because(signal)}.`,
  },
  'completeness-missing': {
    when: 'The log of ExtremeCloud IQ has events of an hour that did not come, or that a destination has not confirmed. Once for each hour and message type.',
    advice: 'Run `xiq-siem completeness`: it lists them. `xiq-siem backfill` fetches what did not come.',
    severity: 73,
    level: 'error',
    kind: 'alert',
    type: ['error'],
    message: ({ subject, facts }) =>
      `${amount(facts.count ?? 0, 'event')} of ${facts.message_type ?? '?'} are missing of source ${subject} in the hour from ${facts['completeness.hour'] ?? '?'}.`,
  },
  'credentials-refused': {
    when: 'Requests to a source carried a wrong secret, or none. At most once an hour for each source, with up to 10 addresses.',
    advice:
      'If the addresses are those of ExtremeCloud IQ, its subscription holds an old secret; else somebody is trying.',
    severity: 47,
    level: 'warning',
    kind: 'alert',
    category: ['authentication'],
    type: ['start'],
    outcome: 'failure',
    message: ({ subject, facts }) =>
      `${amount(facts.count ?? 0, 'request')} to source ${subject} carried a wrong secret or none: ${list(facts['refused.by_address'])}.`,
  },
  'unknown-message-types': {
    when: 'Events came whose message type or shape is none that we know; they are delivered whole as `extreme_xiq.unknown`. At most once an hour.',
    advice: 'ExtremeCloud IQ may have changed: run `xiq-siem shapes`, and send us what it prints.',
    severity: 21,
    level: 'notice',
    kind: 'event',
    type: ['info'],
    message: ({ subject, facts }) =>
      `${amount(facts.count ?? 0, 'event')} of source ${subject} are of a type or shape that we do not know.`,
  },
  'pipeline-errors': {
    when: 'What a source sent could not be read; it is delivered whole as `pipeline_error`. At most once an hour for each source and code.',
    advice: 'Look at these documents (`event.kind: pipeline_error`) and at who sends them.',
    severity: 47,
    level: 'warning',
    kind: 'event',
    type: ['error'],
    message: (signal) =>
      `${amount(signal.facts.count ?? 0, 'event')} of source ${signal.facts.source ?? signal.subject} could not be read${because(signal)}.`,
  },
  'admin-call': {
    when: 'Somebody called the admin API to change something: the audit trail of this connector.',
    advice: 'Know who it was: who may read `data/admin.json` may call.',
    severity: 21,
    level: 'notice',
    kind: 'event',
    category: ['configuration'],
    type: ['change'],
    message: (signal) =>
      `Admin call ${signal.subject}(${(signal.facts['admin.input'] ?? []).join(', ')}) ${
        signal.outcome === 'failure' ? `was refused${because(signal)}` : 'was done'
      }.`,
  },
  'signals-left-out': {
    when: 'There was more to say in an hour than is said, or some of it could not be kept.',
    advice: 'Run `xiq-siem status`: something changes all the time, or the journal takes nothing.',
    severity: 47,
    level: 'warning',
    kind: 'event',
    type: ['info'],
    message: ({ facts }) => `${amount(facts.count ?? 0, 'signal')} left out: ${list(facts.codes)}.`,
  },
  'doctor-probe': {
    when: 'Somebody ran `xiq-siem doctor`. Made whatever `signals.enabled` says; tagged `synthetic`.',
    advice: 'Nothing.',
    severity: 0,
    level: 'info',
    kind: 'event',
    category: ['process'],
    type: ['info'],
    message: () => 'A test event of xiq-siem doctor; nothing happened.',
  },
};

/** For whom nothing is to be done, nothing is advised. */
export function messageOf(signal: Signal): string {
  const { severity, advice, message } = signalTable[signal.action];
  const said = message(signal);
  return severity < 47 ? said : `${said} ${advice.replaceAll('`', '')}`;
}
