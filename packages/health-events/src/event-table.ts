// The meaning of each health event, for its documents and for the reference.
import type { EcsFields } from '@xiq-siem/core';
import type { Content } from './content.ts';

interface Classification {
  /** The scale of Elastic's detection rules: 0 nothing to do, 21 low, 47 medium, 73 high, 99 critical. */
  readonly severity: 0 | 21 | 47 | 73 | 99;
  readonly level: 'info' | 'notice' | 'warning' | 'error';
  /** `alert`: a SIEM may show it among its own alerts. */
  readonly kind: 'event' | 'metric' | 'alert';
  readonly category?: EcsFields['event.category'];
  readonly type: EcsFields['event.type'];
  readonly outcome?: 'failure';
}

export interface EventDescription extends Classification {
  /** When it is created, as text for the reference. */
  readonly when: string;
  /** What to do, as text for the reference and for the message. */
  readonly advice: string;
  /** What happened, to what. From severity 47 the advice follows it. */
  message(event: Content): string;
}

const low = { severity: 21, level: 'notice', kind: 'event', type: ['info'] } as const;
const medium = { severity: 47, level: 'warning', kind: 'alert', type: ['error'] } as const;
const high = { severity: 73, level: 'error', kind: 'alert', type: ['error'] } as const;
const critical = { ...high, severity: 99 } as const;
const configuration = { category: ['configuration'], type: ['change'] } as const;
const routine = { severity: 0, level: 'info', kind: 'event', category: ['process'], type: ['info'] } as const;

const counted = (count = 0, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;

function duration(seconds = 0): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3_600)} hours`;
}

const list = (items: readonly string[] = ['no details']): string => items.join(', ');

const causeOf = ({ reason, message }: Content): string => {
  const cause = [reason, message].filter((part) => part !== undefined).join(': ');
  return cause === '' ? '' : ` (${cause})`;
};

const subscriptionOf = ({ attributes: { source = '?', message_type: type = '?' } }: Content): string =>
  `subscription of source ${source} to ${type}`;

const entries = {
  heartbeat: {
    ...routine,
    kind: 'metric',
    when: 'Every `healthEvents.heartbeatMinutes`, for each destination. It has the lag, rate, counters and open dead letters of the destination and the size of the journal.',
    advice: 'Alert on a missing heartbeat: the connector or its connection to this SIEM is down. Alert on its values.',
    message: ({ subject, attributes }) =>
      `Destination ${subject} is ${attributes['destination.state'] ?? 'unknown'}, ${counted(attributes['lag.bodies'], 'request')} behind.`,
  },
  'destination-down': {
    ...high,
    when: 'A destination could not be reached or written for more than 60 seconds.',
    advice: 'Run `xiq-siem check`. New events wait in the journal and are delivered later.',
    message: (event) => `Destination ${event.subject} cannot be reached${causeOf(event)}.`,
  },
  'destination-misconfigured': {
    ...high,
    when: 'A destination rejects all or some events until an operator fixes a setting: a key, an index, a template.',
    advice:
      'Run `xiq-siem check` and `xiq-siem status`, and fix the setting that they name. Delivery then continues by itself.',
    message: (event) => `Destination ${event.subject} is blocked until an operator fixes it${causeOf(event)}.`,
  },
  'destination-recovered': {
    ...low,
    severity: 0,
    when: 'A destination that was reported as down or misconfigured accepts events again.',
    advice: 'Nothing. The waiting events are delivered now.',
    message: ({ subject }) => `Destination ${subject} accepts events again.`,
  },
  'events-parked': {
    ...high,
    level: 'warning',
    when: 'A destination does not accept some events while it accepts others, and they were parked: stored in the dead-letter queue and sent again from there. Once until no event is parked.',
    advice: 'Run `xiq-siem dlq list --parked`, and fix the cause. The events are then delivered automatically.',
    message: (event) =>
      `Destination ${event.subject} does not accept some events; ${counted(event.attributes.count, 'event')} parked${causeOf(event)}.`,
  },
  'parked-events-settled': {
    ...low,
    severity: 0,
    when: 'A destination has no parked events any more: they were delivered, became dead letters, or were dropped.',
    advice: 'Nothing.',
    message: ({ subject }) => `Destination ${subject} has no parked events any more.`,
  },
  'retention-gap-opened': {
    ...critical,
    when: 'The full journal evicted requests that a destination had not received. Once for each retention gap, and at most once an hour while it grows.',
    advice:
      'The events are lost for this destination. If an `api` is configured, run `xiq-siem backfill --force-duplicates` for that time to fetch them again; events of that time that were delivered come a second time, with another `event.id`. Then run `xiq-siem status --acknowledge GAP`.',
    message: ({ subject, attributes }) =>
      `Destination ${subject} lost ${counted(attributes['gap.bodies'], 'request')} that the full journal evicted: retention gap ${attributes['gap.id'] ?? 'unknown'}.`,
  },
  'bodies-lost': {
    ...critical,
    when: 'Stored requests cannot be read: a part of the journal is damaged or missing. Once for each part, and at most once an hour while it grows.',
    advice:
      'Check the disk. `xiq-siem status` shows the sequences. If an `api` is configured, run `xiq-siem backfill` for that time to fetch the events again.',
    message: ({ subject, reason = 'lost', attributes }) =>
      `The journal cannot read requests ${attributes['gap.from_sequence'] ?? '?'} to ${attributes['gap.to_sequence'] ?? '?'} (${reason}, ${subject}).`,
  },
  'state-damaged': {
    ...critical,
    when: 'A file of the data directory was damaged, missing or older: the state file (dead letters, jobs), the journal, or the position of a destination; or files of an older version could not be migrated completely. Once for each incident.',
    advice:
      'Check the disk. `xiq-siem status` shows the lost and the recovered entries until you acknowledge the incident.',
    message: ({ subject, reason = 'damaged', message, attributes: { count = 'an unknown number of' } }) =>
      reason === 'journal' || reason === 'position'
        ? `Files of the ${subject} were changed (${message ?? reason}): ${count} requests lost.`
        : `The state file ${subject} was ${reason}${message === undefined ? '' : ` (${message})`}: ${count} entries lost.`,
  },
  'source-silent': {
    ...high,
    level: 'warning',
    when: 'A source has sent nothing for `healthEvents.silentMinutes`.',
    advice: 'Check its subscription at ExtremeCloud IQ, and check that its webhooks reach the connector.',
    message: ({ subject, attributes }) =>
      `Source ${subject} has been silent for ${duration(attributes['silence.seconds'])}.`,
  },
  'source-recovered': {
    ...low,
    when: 'A source that was reported as silent sends again.',
    advice: 'Check at ExtremeCloud IQ whether it has events that were not sent.',
    message: ({ subject, attributes }) =>
      `Source ${subject} sends again, after ${duration(attributes['silence.seconds'])} of silence.`,
  },
  'problem-started': {
    ...medium,
    when: 'A problem of `xiq-siem status` that no other health event reports: `event.reason` is its code, `problems.md` lists them. Once until it ends.',
    advice: 'Run `xiq-siem status`: it shows the next step.',
    message: ({ subject, reason = 'problem', message }) =>
      `${subject}: ${reason}${message === undefined ? '' : `: ${message}`}.`,
  },
  'problem-ended': {
    ...low,
    severity: 0,
    when: 'A problem that `problem-started` reported has ended.',
    advice: 'Nothing.',
    message: ({ subject, reason = 'problem' }) => `${subject}: ${reason} has ended.`,
  },
  'subscription-missing': {
    ...high,
    category: ['configuration'],
    type: ['deletion'],
    when: 'A configured subscription does not exist at ExtremeCloud IQ, so its webhooks do not arrive. Once until it exists again.',
    advice: 'Run `xiq-siem subscriptions apply`, then `xiq-siem backfill` for the events that were not sent.',
    message: (event) => `The ${subscriptionOf(event)} does not exist at ExtremeCloud IQ.`,
  },
  'subscription-disabled': {
    ...high,
    ...configuration,
    when: 'A subscription was disabled at ExtremeCloud IQ, so its webhooks do not arrive. Once until it is enabled again.',
    advice: 'Run `xiq-siem subscriptions apply`, then `xiq-siem backfill` for the events that were not sent.',
    message: (event) => `The ${subscriptionOf(event)} is disabled at ExtremeCloud IQ${causeOf(event)}.`,
  },
  'subscription-changed': {
    ...high,
    ...configuration,
    level: 'warning',
    when: 'A subscription is not as configured: it has another URL or secret or is a duplicate (reason `changed`), or another application sends to the public URL (reason `foreign`). Once until it is as configured.',
    advice:
      'Find out who changed it. `xiq-siem subscriptions plan` shows the difference. `xiq-siem subscriptions apply` fixes the subscriptions of this connector.',
    message: (event) => `The ${subscriptionOf(event)} is not as configured${causeOf(event)}.`,
  },
  'subscription-fixed': {
    ...low,
    ...configuration,
    when: 'A subscription that was missing, disabled or changed is as configured again. The connector (`reconcile: apply`) or an administrator fixed it.',
    advice: 'Nothing. If `backfill` is not `auto`, run `xiq-siem backfill`.',
    message: (event) => `The ${subscriptionOf(event)} is as configured again; it was ${event.reason ?? 'different'}.`,
  },
  'public-url-check-failed': {
    ...high,
    when: 'A check of the public URL failed: its name, its certificate or chain, an expiry in less than 21 days, or its response. Once, and again when other checks fail.',
    advice: 'Fix the failed checks. `xiq-siem status` shows each check.',
    message: (event) =>
      `Checks of the public URL of source ${event.subject} failed: ${list(event.attributes.codes)}${causeOf(event)}.`,
  },
  'xiq-api-failing': {
    ...medium,
    when: 'Subscriptions could not be checked or fixed: the API of ExtremeCloud IQ cannot be reached or rejects requests. Once until it works again.',
    advice: 'Run `xiq-siem subscriptions plan`: it shows the cause. Webhooks are not affected.',
    message: (event) => `The API of ExtremeCloud IQ fails for source ${event.subject}${causeOf(event)}.`,
  },
  'completeness-missing': {
    ...high,
    when: 'The log of ExtremeCloud IQ has events of one hour that did not arrive or that a destination has not confirmed. Once for each hour and message type.',
    advice:
      'Run `xiq-siem completeness` to list them, and `xiq-siem backfill` to fetch the events that did not arrive.',
    message: ({ subject, attributes }) =>
      `Source ${subject}: ${counted(attributes.count, 'event')} of ${attributes.message_type ?? '?'} missing in the hour from ${attributes['completeness.hour'] ?? '?'}.`,
  },
  'credentials-refused': {
    ...medium,
    category: ['authentication'],
    type: ['start'],
    outcome: 'failure',
    when: 'Requests to a source had a wrong secret, or none. At most once an hour for each source, with up to 10 addresses.',
    advice:
      'If the addresses belong to ExtremeCloud IQ, its subscription has an old secret. If not, investigate the addresses.',
    message: ({ subject, attributes }) =>
      `${counted(attributes.count, 'request')} to source ${subject} had a wrong secret or none: ${list(attributes['refused.by_address'])}.`,
  },
  'admin-call': {
    ...low,
    ...configuration,
    when: 'An admin API call that changes something, successful or not: the audit trail of this connector.',
    advice: 'Check who made the call. Anyone who can read `data/admin.json` can make calls.',
    message: (event) =>
      `Admin call ${event.subject}(${(event.attributes['admin.input'] ?? []).join(', ')}) ${
        event.outcome === 'failure' ? `failed${causeOf(event)}` : 'succeeded'
      }.`,
  },
  'health-events-dropped': {
    ...low,
    severity: 47,
    level: 'warning',
    when: 'There were more health events in an hour than the limit, or the journal did not accept some of them.',
    advice: 'Run `xiq-siem status`: a state changes all the time, or the journal does not accept requests.',
    message: ({ attributes }) => `${counted(attributes.count, 'health event')} dropped: ${list(attributes.codes)}.`,
  },
  'doctor-probe': {
    ...routine,
    when: 'An operator ran `xiq-siem doctor`. Tagged `synthetic`. `healthEvents.enabled: false` does not suppress it.',
    advice: 'Nothing.',
    message: () => 'Test event of xiq-siem doctor.',
  },
} satisfies Readonly<Record<string, EventDescription>>;

/** `event.action` of the health events that this version creates. */
export type HealthAction = keyof typeof entries;

export const eventTable: Readonly<Record<HealthAction, EventDescription>> = entries;

/** Health events that only older versions created. A journal may still have them. */
const retired = {
  'destination-degraded': { ...medium, kind: 'event' },
  'dead-letters-growing': high,
  'journal-filling': high,
  'unknown-message-types': low,
  'pipeline-errors': { ...medium, kind: 'event' },
} satisfies Readonly<Record<string, Classification>>;

export type ReadableAction = HealthAction | keyof typeof retired;

export const classifications: Readonly<Record<ReadableAction, Classification>> = { ...retired, ...entries };

export const isReadable = (action: unknown): action is ReadableAction =>
  typeof action === 'string' && Object.hasOwn(classifications, action);

const isCurrent = (action: ReadableAction): action is HealthAction => Object.hasOwn(entries, action);

/** What happened, and the advice from severity 47. */
export function messageOf({ action, ...event }: Content & { readonly action: ReadableAction }): string {
  if (!isCurrent(action)) return `An older version reported ${action} of ${event.subject}${causeOf(event)}.`;
  const { severity, advice, message } = eventTable[action];
  const text = message(event);
  return severity < 47 ? text : `${text} ${advice.replaceAll('`', '')}`;
}
