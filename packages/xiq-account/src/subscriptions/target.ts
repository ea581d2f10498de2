// What our subscriptions are to be, and which of those at ExtremeCloud IQ are ours.
import type { Secret } from '@xiq-siem/core';
import { looksLikeMessageType } from '@xiq-siem/xiq';
import type { WantedSubscription, XiqSubscription } from '../rest/subscriptions.ts';

export interface SubscriptionTarget {
  readonly application: string;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** Each once, in the order in which they are shown. */
  readonly messageTypes: readonly string[];
  /** The first of the source's secrets that exists. Without it nothing can be created, and no secret is compared. */
  readonly secret?: Secret | undefined;
}

/** Why a subscription is not ours: it is shown, and never touched. */
export type ForeignReason =
  /** Another application, another URL. */
  | 'other'
  /** Our application's name, at a URL that is not ours. */
  | 'our_application'
  /** Our URL, under another application's name. */
  | 'our_url'
  /** Our name and URL, but neither says which message type it is for. */
  | 'no_message_type';

export const urlFor = ({ publicUrl }: Pick<SubscriptionTarget, 'publicUrl'>, messageType: string): string =>
  `${publicUrl}/${messageType}`;

export function wantedSubscriptions(target: SubscriptionTarget): readonly WantedSubscription[] {
  const { application, secret, messageTypes } = target;
  return messageTypes.map((messageType) => ({
    application,
    url: urlFor(target, messageType),
    messageType,
    secret,
    status: 'ENABLED',
  }));
}

/** As URLs, not as text: the case of a host and a default port make no difference. */
export function isSameUrl(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) ? new URL(one).href === new URL(other).href : one === other;
}

/** The public URL itself, or anything below it. */
export function isOurUrl({ publicUrl }: Pick<SubscriptionTarget, 'publicUrl'>, url: string): boolean {
  if (!URL.canParse(publicUrl) || !URL.canParse(url)) return false;
  const [ours, found] = [new URL(publicUrl), new URL(url)];
  if (ours.protocol !== found.protocol || ours.host !== found.host) return false;
  return found.pathname === ours.pathname || found.pathname.startsWith(`${ours.pathname}/`);
}

/** The message type of a subscription; where the API does not say, what its URL ends in. Undefined: nobody says. */
export function messageTypeOf({ messageType, url }: XiqSubscription): string | undefined {
  if (messageType !== '') return messageType;
  const last = URL.canParse(url) ? new URL(url).pathname.split('/').at(-1) : undefined;
  return last !== undefined && looksLikeMessageType(last) ? last : undefined;
}

/** Undefined: it is ours. */
export function foreignReason(target: SubscriptionTarget, subscription: XiqSubscription): ForeignReason | undefined {
  const isOurName = subscription.application === target.application;
  if (!isOurUrl(target, subscription.url)) return isOurName ? 'our_application' : 'other';
  if (!isOurName) return 'our_url';
  return messageTypeOf(subscription) === undefined ? 'no_message_type' : undefined;
}
