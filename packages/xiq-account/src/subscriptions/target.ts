// The desired state of our subscriptions, and which subscriptions at ExtremeCloud IQ are ours.
import type { Secret } from '@xiq-siem/core';
import { alertMessageType, looksLikeMessageType } from '@xiq-siem/xiq';
import type { DesiredSubscription, XiqSubscription } from '../rest/subscriptions.ts';

export interface SubscriptionTarget {
  readonly application: string;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Unique, in display order. */
  readonly messageTypes: readonly string[];
  /** Whether alerts are subscribed to as well. */
  readonly alerts: boolean;
  /** The first existing secret of the source. Without it no subscription can be created, and no secret is compared. */
  readonly secret?: Secret | undefined;
}

/** All message types to subscribe to, in display order: alerts last. */
export const subscribedTypes = ({
  messageTypes,
  alerts,
}: Pick<SubscriptionTarget, 'messageTypes' | 'alerts'>): readonly string[] =>
  alerts ? [...messageTypes, alertMessageType] : messageTypes;

/** Why a subscription is not ours. It is shown, and never changed. */
export type ForeignReason =
  /** Another application and another URL. */
  | 'other'
  /** Our application, another URL. */
  | 'our_application'
  /** Our URL, another application. */
  | 'our_url'
  /** Our application and URL, without a message type. */
  | 'no_message_type'
  /** A subscription to alerts at our URL, and the configuration does not maintain one. */
  | 'alerts_not_configured';

export const urlFor = ({ publicUrl }: Pick<SubscriptionTarget, 'publicUrl'>, messageType: string): string =>
  `${publicUrl}/${messageType}`;

export function desiredSubscriptions(target: SubscriptionTarget): readonly DesiredSubscription[] {
  const { application, secret } = target;
  return subscribedTypes(target).map((messageType) => {
    const isAlert = messageType === alertMessageType;
    return {
      application: isAlert ? '' : application,
      url: urlFor(target, messageType),
      messageType,
      secret,
      status: 'ENABLED',
      policies: isAlert ? { all: true, ids: [] } : undefined,
    };
  });
}

/** Whether a subscription is for this message type. A subscription of the other kind may claim the type of alerts. */
export const isForType = (subscription: XiqSubscription, messageType: string): boolean =>
  messageTypeOf(subscription) === messageType &&
  (subscription.policies !== undefined) === (messageType === alertMessageType);

/** Compares as URLs: ignores the case of the host and a default port. */
export function isSameUrl(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) ? new URL(one).href === new URL(other).href : one === other;
}

/** Whether `url` is the public URL or below it. */
export function isOurUrl({ publicUrl }: Pick<SubscriptionTarget, 'publicUrl'>, url: string): boolean {
  if (!URL.canParse(publicUrl) || !URL.canParse(url)) return false;
  const [ours, found] = [new URL(publicUrl), new URL(url)];
  if (ours.protocol !== found.protocol || ours.host !== found.host) return false;
  return found.pathname === ours.pathname || found.pathname.startsWith(`${ours.pathname}/`);
}

/** The message type of a subscription, or the end of its URL if the API shows none. Undefined: neither has one. */
export function messageTypeOf({ messageType, url }: XiqSubscription): string | undefined {
  if (messageType !== '') return messageType;
  const last = URL.canParse(url) ? new URL(url).pathname.split('/').at(-1) : undefined;
  return last !== undefined && looksLikeMessageType(last) ? last : undefined;
}

/** Undefined: it is ours. */
export function foreignReason(target: SubscriptionTarget, subscription: XiqSubscription): ForeignReason | undefined {
  if (subscription.policies !== undefined) {
    if (!isOurUrl(target, subscription.url)) return 'other';
    return target.alerts ? undefined : 'alerts_not_configured';
  }
  const isOurName = subscription.application === target.application;
  if (!isOurUrl(target, subscription.url)) return isOurName ? 'our_application' : 'other';
  if (!isOurName) return 'our_url';
  return messageTypeOf(subscription) === undefined ? 'no_message_type' : undefined;
}
