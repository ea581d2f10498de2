// Lists, creates, changes and deletes the webhook subscriptions to alerts, which have an API of their own.
import { ConnectorError, Secret } from '@xiq-siem/core';
import { alertMessageType } from '@xiq-siem/xiq';
import { z } from 'zod';
import type { Call } from './caller.ts';
import { int64, listSubscriptions, text } from './subscription-list.ts';
import {
  type AlertPolicies,
  type DesiredSubscription,
  requireId,
  type XiqSubscription,
  type XiqSubscriptions,
} from './subscriptions.ts';

const path = '/alert-subscriptions/webhooks';
/** The ids of both kinds are numbers, and one number may name one of each. */
const idPrefix = 'alert-';

const alertItem = z
  .object({
    id: int64,
    url: text,
    secret: text,
    is_enabled: z.boolean().nullish(),
    is_subscribe_all: z.boolean().nullish(),
    alert_policy_ids: z.array(int64).max(100_000).nullish(),
  })
  .transform(({ id, url, secret, is_enabled, is_subscribe_all, alert_policy_ids }): XiqSubscription => {
    const ids = alert_policy_ids ?? [];
    return {
      id: `${idPrefix}${id}`,
      application: '',
      url: url ?? '',
      secret: secret ? new Secret(secret) : undefined,
      messageType: alertMessageType,
      status: is_enabled == null ? undefined : is_enabled ? 'ENABLED' : 'DISABLED',
      policies: { all: is_subscribe_all ?? ids.length === 0, ids },
    };
  });

const listed = { endpoint: 'alert_subscriptions_list', path, item: alertItem } as const;
const allPolicies: AlertPolicies = { all: true, ids: [] };

/** The JSON of the API. Ids of policies are written as digits: a number could round them. */
function toApiForm({ url, secret, status, policies = allPolicies }: DesiredSubscription): string {
  const is_enabled = status === 'ENABLED';
  const fields = JSON.stringify({ url, secret: secret?.reveal(), is_enabled, is_subscribe_all: policies.all });
  return `${fields.slice(0, -1)},"alert_policy_ids":[${policies.ids.join()}]}`;
}

/** The digits of an id of either kind. */
export const subscriptionNumber = (id: string): string => id.replace(idPrefix, '');

const pathOf = (id: string): string => `${path}/${requireId(subscriptionNumber(id))}`;
const isAlertId = (id: string): boolean => id.startsWith(idPrefix);
const isAlert = ({ policies }: DesiredSubscription): boolean => policies !== undefined;

export function createAlertSubscriptions(call: Call): XiqSubscriptions {
  const createAlert: XiqSubscriptions['create'] = async (desired, signal) => {
    for (const one of desired) {
      const request = { endpoint: 'alert_subscriptions_create', method: 'POST', path, repeatable: false } as const;
      await call({ ...request, body: toApiForm(one), secrets: secretsOf(one) }, signal);
    }
  };

  const updateAlert: XiqSubscriptions['update'] = async (id, desired, signal) => {
    const request = { endpoint: 'alert_subscriptions_update', method: 'PUT', path: pathOf(id) } as const;
    await call({ ...request, body: toApiForm(desired), repeatable: true, secrets: secretsOf(desired) }, signal);
  };

  const deleteAlerts: XiqSubscriptions['delete'] = async (ids, signal) => {
    const paths = [...new Set(ids)].map(pathOf);
    const request = { endpoint: 'alert_subscriptions_delete', method: 'DELETE', repeatable: true } as const;
    for (const one of paths) await call({ ...request, path: one }, signal, [404]);
  };

  return {
    list: (signal) => listSubscriptions(call, listed, signal),
    create: createAlert,
    update: updateAlert,
    delete: deleteAlerts,
  };
}

/** After one of these, another attempt may list the subscriptions. */
const temporaryErrors: readonly string[] = ['xiq_unavailable', 'xiq_rate_limited'];

/**
 * The subscriptions of both kinds as one. `areRequired`: whether it is an error if alert subscriptions cannot be listed.
 * If not, they are listed only to show foreign ones, for which the credentials may lack the permission. A temporary error
 * is one all the same: a rotation must not miss one that depends on the old secret.
 */
export function withAlerts(
  webhooks: XiqSubscriptions,
  alerts: XiqSubscriptions,
  areRequired: boolean,
): XiqSubscriptions {
  const listAlerts: XiqSubscriptions['list'] = (signal) =>
    alerts.list(signal).catch((cause: unknown) => {
      if (!areRequired && cause instanceof ConnectorError && !temporaryErrors.includes(cause.code)) return [];
      throw cause;
    });

  return {
    list: async (signal) => [...(await webhooks.list(signal)), ...(await listAlerts(signal))],
    create: async function createEach(desired, signal) {
      const { alert = [], webhook = [] } = Object.groupBy(desired, (one) => (isAlert(one) ? 'alert' : 'webhook'));
      await webhooks.create(webhook, signal);
      await alerts.create(alert, signal);
    },
    update: (id, desired, signal) => (isAlertId(id) ? alerts : webhooks).update(id, desired, signal),
    delete: async function deleteEach(ids, signal) {
      const { alert = [], webhook = [] } = Object.groupBy(ids, (id) => (isAlertId(id) ? 'alert' : 'webhook'));
      await webhooks.delete(webhook, signal);
      await alerts.delete(alert, signal);
    },
  };
}

const secretsOf = ({ secret }: DesiredSubscription): readonly Secret[] => (secret === undefined ? [] : [secret]);
