// /alert-subscriptions/webhooks: list, read, create, change and delete.
import type { Hono } from 'hono';
import { z } from 'zod';
import { type Json, toJson } from '../../json.ts';
import { maxSubscriptions, type Subscription, type SubscriptionStore } from '../subscriptions.ts';
import { checked, jsonBody } from './parameters.ts';
import { type ApiContext, type ApiEnv, errorResponse, isoTime, jsonText } from './responses.ts';
import { httpUrl } from './subscription-json.ts';

export interface AlertOptions {
  readonly subscriptions: SubscriptionStore;
  readonly showSecrets: boolean;
}

const path = '/alert-subscriptions/webhooks';

const int64 = z.union([z.int().min(0), z.string().regex(/^\d{1,19}$/)]).transform(String);
const fields = {
  url: httpUrl,
  secret: z.string().max(1000).nullish(),
  is_enabled: z.boolean(),
  is_subscribe_all: z.boolean(),
  alert_policy_ids: z.array(int64).max(1000),
};
const newAlert = z.object({ ...fields, is_enabled: fields.is_enabled.default(true) });
const changedAlert = z.object(fields).partial().required({ alert_policy_ids: true });
const deletedAlerts = z.object({ ids: z.array(int64).min(1) });

function alertJson(one: Subscription, showSecret: boolean): string {
  return toJson(
    {
      id: BigInt(one.id),
      create_time: isoTime(one.createdAtMs),
      update_time: isoTime(one.updatedAtMs),
      url: one.url,
      secret: showSecret ? (one.secret ?? null) : null,
      is_enabled: one.status === 'ENABLED',
      is_subscribe_all: one.policyIds === undefined,
      alert_policy_ids: (one.policyIds ?? []).map(BigInt),
    } satisfies Json,
    { spaced: false, ascii: false },
  );
}

export function alertRoutes(app: Hono<ApiEnv>, { subscriptions, showSecrets }: AlertOptions): void {
  const own = (c: ApiContext): readonly Subscription[] =>
    subscriptions.list(c.get('token').account).filter(({ messageType }) => messageType === 'ALERT');
  const shown = (c: ApiContext, one: Subscription): Response => jsonText(c, alertJson(one, showSecrets));
  const unknown = (c: ApiContext, id: string): Response =>
    errorResponse(c, 'notFound', `There is no alert subscription ${id}.`);

  /** No pages, in both generations. */
  app.get(path, (c) => jsonText(c, `[${own(c).map((one) => alertJson(one, showSecrets))}]`));

  app.get(`${path}/:id`, (c) => {
    const found = own(c).find(({ id }) => id === c.req.param('id'));
    return found === undefined ? unknown(c, c.req.param('id')) : shown(c, found);
  });

  app.post(path, async (c) => {
    const { value, fault } = checked(newAlert, await jsonBody(c));
    if (value === undefined) return errorResponse(c, 'badRequest', fault);
    const { account } = c.get('token');
    if (subscriptions.list(account).length >= maxSubscriptions) {
      return errorResponse(c, 'badRequest', `There can be ${maxSubscriptions} subscriptions.`);
    }
    const added = subscriptions.add({
      account,
      application: '',
      messageType: 'ALERT',
      url: value.url,
      secret: value.secret ?? undefined,
      status: value.is_enabled ? 'ENABLED' : 'DISABLED',
      policyIds: value.is_subscribe_all ? undefined : value.alert_policy_ids,
    });
    return shown(c, added);
  });

  app.put(`${path}/:id`, async (c) => {
    const found = own(c).find(({ id }) => id === c.req.param('id'));
    if (found === undefined) return unknown(c, c.req.param('id'));
    const { value, fault } = checked(changedAlert, await jsonBody(c));
    if (value === undefined) return errorResponse(c, 'badRequest', fault);
    const isEnabled = value.is_enabled ?? found.status === 'ENABLED';
    const hasAll = value.is_subscribe_all ?? found.policyIds === undefined;
    const changed = subscriptions.change(found.id, {
      url: value.url ?? found.url,
      secret: value.secret ?? found.secret,
      status: isEnabled ? 'ENABLED' : 'DISABLED',
      policyIds: hasAll ? undefined : value.alert_policy_ids,
    });
    return shown(c, changed ?? found);
  });

  app.delete(`${path}/:id`, (c) => {
    const found = own(c).find(({ id }) => id === c.req.param('id'));
    if (found === undefined) return unknown(c, c.req.param('id'));
    subscriptions.remove(found.id);
    return c.body(null, 200);
  });

  app.post(`${path}/:delete{:delete}`, async (c) => {
    const { value, fault } = checked(deletedAlerts, await jsonBody(c));
    if (value === undefined) return errorResponse(c, 'badRequest', fault);
    const ids = own(c).flatMap(({ id }) => (value.ids.includes(id) ? [id] : []));
    for (const id of ids) subscriptions.remove(id);
    return c.body(null, 200);
  });
}
