// Lists, creates, changes and deletes the webhook subscriptions of an account, with both generations of the API.
import { ConnectorError, Secret } from '@xiq-siem/core';
import { z } from 'zod';
import { responseError } from './api-errors.ts';
import type { Call, CallResult } from './caller.ts';
import { int64, listSubscriptions, text } from './subscription-list.ts';

const path = '/subscriptions/webhook';
const idsPerDelete = 50;

/** The alert policies of a subscription to alerts. */
export interface AlertPolicies {
  /** Whether it has the alerts of all policies. */
  readonly all: boolean;
  /** The selected policies: int64 in digits. */
  readonly ids: readonly string[];
}

/** An existing subscription. Missing values are empty or undefined. */
export interface XiqSubscription {
  /** An int64 in digits: it may exceed 2^53. `alert-` precedes that of a subscription to alerts. */
  readonly id: string;
  /** Empty for a subscription to alerts, which has none. */
  readonly application: string;
  readonly url: string;
  readonly secret: Secret | undefined;
  readonly messageType: string;
  /** `ENABLED`, `DISABLED` or a value unknown to us. Undefined: the API does not show it. */
  readonly status: string | undefined;
  /** Only of a subscription to alerts. */
  readonly policies?: AlertPolicies;
}

/** The desired state of a subscription, to create or to update it. */
export interface DesiredSubscription {
  readonly application: string;
  readonly url: string;
  readonly messageType: string;
  /** An update without a secret leaves the existing one. */
  readonly secret?: Secret | undefined;
  readonly status: 'ENABLED' | 'DISABLED';
  /** Only of a subscription to alerts. */
  readonly policies?: AlertPolicies | undefined;
}

const subscriptionItem = z
  .object({ id: int64, application: text, url: text, secret: text, message_type: text, status: text })
  .transform(
    ({ id, application, url, secret, message_type, status }): XiqSubscription => ({
      id,
      application: application ?? '',
      url: url ?? '',
      secret: secret ? new Secret(secret) : undefined,
      messageType: message_type ?? '',
      status: status ?? undefined,
    }),
  );

/** The names of the API. */
const toApiForm = ({ application, url, secret, messageType, status }: DesiredSubscription) => ({
  application,
  url,
  message_type: messageType,
  status,
  secret: secret?.reveal(),
});

const listed = { endpoint: 'subscriptions_list', path, item: subscriptionItem } as const;

/** All methods reject with a ConnectorError, or with the signal's reason when it fires. */
export interface XiqSubscriptions {
  /** All subscriptions of the account, ours and others. */
  list(signal: AbortSignal): Promise<readonly XiqSubscription[]>;
  /** Not retried after it was sent: after `xiq_unavailable`, list the subscriptions to see the result. */
  create(desired: readonly DesiredSubscription[], signal: AbortSignal): Promise<void>;
  update(id: string, desired: DesiredSubscription, signal: AbortSignal): Promise<void>;
  /** An id that does not exist counts as deleted. */
  delete(ids: readonly string[], signal: AbortSignal): Promise<void>;
}

export function createSubscriptions(call: Call): XiqSubscriptions {
  let deletesInBulk = true;

  const deleteOnce = async (ids: readonly string[], inBulk: boolean, signal: AbortSignal) => {
    const paths = inBulk
      ? Array.from({ length: Math.ceil(ids.length / idsPerDelete) }, (_, nth) => {
          const some = ids.slice(nth * idsPerDelete, (nth + 1) * idsPerDelete);
          return `${path}/:delete?${some.map((id) => `ids=${id}`).join('&')}`;
        })
      : ids.map((id) => `${path}/${id}`);
    let refused: CallResult | undefined;
    for (const one of paths) {
      const request = { endpoint: 'subscriptions_delete', method: 'DELETE', path: one, repeatable: true } as const;
      const called = await call(request, signal, [400, 404, 405]);
      if (called.response.status >= 300) refused = called;
    }
    return refused;
  };

  const createSubscription: XiqSubscriptions['create'] = async (desired, signal) => {
    if (desired.length === 0) return;
    const body = JSON.stringify(desired.map(toApiForm));
    const secrets = secretsOf(desired);
    await call({ endpoint: 'subscriptions_create', method: 'POST', path, body, repeatable: false, secrets }, signal);
  };

  const updateSubscription: XiqSubscriptions['update'] = async (id, desired, signal) => {
    const body = JSON.stringify(toApiForm(desired));
    const request = { endpoint: 'subscriptions_update', method: 'PUT', path: `${path}/${requireId(id)}` } as const;
    await call({ ...request, body, repeatable: true, secrets: secretsOf([desired]) }, signal);
  };

  const deleteSubscriptions: XiqSubscriptions['delete'] = async (ids, signal) => {
    let remaining = [...new Set(ids.map(requireId))];
    let inBulk = deletesInBulk;
    while (remaining.length > 0) {
      const refused = await deleteOnce(remaining, inBulk, signal);
      if (refused === undefined) {
        deletesInBulk = inBulk;
        return;
      }
      // The API returns 404 for the other generation's form and for a missing subscription: the list tells which.
      const existing = new Set((await listSubscriptions(call, listed, signal)).map(({ id }) => id));
      const still = remaining.filter((id) => existing.has(id));
      if (still.length === remaining.length) {
        if (inBulk !== deletesInBulk) throw responseError(refused.context, refused.response);
        inBulk = !inBulk;
      }
      remaining = still;
    }
  };

  return {
    list: (signal) => listSubscriptions(call, listed, signal),
    create: createSubscription,
    update: updateSubscription,
    delete: deleteSubscriptions,
  };
}

export function requireId(id: string): string {
  if (/^-?\d{1,19}$/.test(id)) return id;
  throw new ConnectorError('usage', 'A subscription id is a whole number: see the list of subscriptions.');
}

const secretsOf = (desired: readonly DesiredSubscription[]): readonly Secret[] =>
  desired.flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
