// Renders a plan as text lines.
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { shownText, shownUrl } from './field-changes.ts';
import type { PlannedDelete, SubscriptionPlan } from './plan.ts';
import { type ForeignReason, messageTypeOf } from './target.ts';

const deleteReasons: Readonly<Record<PlannedDelete['reason'], string>> = {
  duplicate: 'a duplicate for this message type',
  not_configured: 'its message type is not configured',
  requested: 'deletion requested',
};

const foreignReasons: Readonly<Record<ForeignReason, string>> = {
  other: '',
  our_application: ', our application, but not our URL: if it is obsolete, delete it in ExtremeCloud IQ',
  our_url: ', our URL, but another application: we receive its events as well, check who created it',
  no_message_type: ', our application and URL, but without a message type: check it in ExtremeCloud IQ',
  alerts_not_configured: ', alerts to our URL: to maintain it, set alerts: true',
};

/** Cut to a short line. */
export const shownMessageType = (one: XiqSubscription): string => shownText(messageTypeOf(one) ?? '');

/** One subscription on one line, without its secret. */
export const describeSubscription = (one: XiqSubscription): string =>
  `${shownMessageType(one)} (id ${one.id}${one.policies ? '' : `, ${shownText(one.application)}`}) -> ${shownUrl(one.url)}`;

/** `+` create, `~` change, `-` delete, `=` untouched, `?` foreign. The last line has the totals. */
export function renderPlan(plan: SubscriptionPlan): readonly string[] {
  const { create, change, delete: deletes, untouched, foreign } = plan;
  const counts = [
    [create, 'to create'],
    [change, 'to change'],
    [deletes, 'to delete'],
    [untouched, 'untouched'],
    [foreign, 'foreign'],
  ] as const;
  return [
    ...create.map(({ messageType, url, application, policies }) => {
      return `+ ${messageType}${policies ? '' : ` (${application})`} -> ${shownUrl(url)}`;
    }),
    ...change.flatMap(({ subscription, fields }) => [
      `~ ${describeSubscription(subscription)}`,
      ...fields.map(({ field, before, after }) => `    ${field}: ${before} -> ${after}`),
    ]),
    ...deletes.map(({ subscription, reason }) => `- ${describeSubscription(subscription)}: ${deleteReasons[reason]}`),
    ...untouched.map(({ subscription, hidden }) => {
      const notShown = hidden.length === 0 ? '' : `, ${hidden.join(' and ')} not shown by ExtremeCloud IQ`;
      return `= ${describeSubscription(subscription)}${notShown}`;
    }),
    ...foreign.map(({ subscription, reason }) => {
      return `? ${describeSubscription(subscription)}: not ours${foreignReasons[reason]}`;
    }),
    counts.map(([items, message]) => `${items.length} ${message}`).join(', '),
  ];
}
