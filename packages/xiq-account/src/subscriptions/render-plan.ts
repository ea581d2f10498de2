// A plan as lines that one can read.
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { shownText, shownUrl } from './field-changes.ts';
import type { PlannedDelete, SubscriptionPlan } from './plan.ts';
import { type ForeignReason, messageTypeOf } from './target.ts';

const deleteReasons: Readonly<Record<PlannedDelete['reason'], string>> = {
  duplicate: 'a second one for this message type',
  not_wanted: 'its message type is not in the configuration',
  named: 'as asked',
};

const foreignReasons: Readonly<Record<ForeignReason, string>> = {
  other: '',
  our_application: ', our application, but not our URL: delete it in ExtremeCloud IQ if it is an old one of ours',
  our_url: ', our URL, but another application: its events reach us as well, look who made it',
  no_message_type: ', our application and URL, but without a message type: look at it in ExtremeCloud IQ',
};

/** Short, whatever it holds. */
export const shownMessageType = (one: XiqSubscription): string => shownText(messageTypeOf(one) ?? '');

/** One subscription on one line, without its secret. */
export const describeSubscription = (one: XiqSubscription): string =>
  `${shownMessageType(one)} (id ${one.id}, ${shownText(one.application)}) -> ${shownUrl(one.url)}`;

/** `+` create, `~` change, `-` delete, `=` untouched, `?` foreign; the last line is the sum. */
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
    ...create.map(({ messageType, url, application }) => `+ ${messageType} (${application}) -> ${shownUrl(url)}`),
    ...change.flatMap(({ subscription, fields }) => [
      `~ ${describeSubscription(subscription)}`,
      ...fields.map(({ field, before, after }) => `    ${field}: ${before} -> ${after}`),
    ]),
    ...deletes.map(({ subscription, reason }) => `- ${describeSubscription(subscription)}: ${deleteReasons[reason]}`),
    ...untouched.map(({ subscription, unseen }) => {
      const hidden = unseen.length === 0 ? '' : `, ${unseen.join(' and ')} not shown by ExtremeCloud IQ`;
      return `= ${describeSubscription(subscription)}${hidden}`;
    }),
    ...foreign.map(({ subscription, reason }) => {
      return `? ${describeSubscription(subscription)}: not ours${foreignReasons[reason]}`;
    }),
    counts.map(([items, message]) => `${items.length} ${message}`).join(', '),
  ];
}
