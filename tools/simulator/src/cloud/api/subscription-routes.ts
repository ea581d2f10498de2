// /subscriptions/webhook: list, create, change and delete, in the current generation.
import type { Hono } from 'hono';
import type { FaultState } from '../faults.ts';
import type { Generation } from '../generation.ts';
import type { Scheduler } from '../scheduler.ts';
import { maxSubscriptions, type Subscription, type SubscriptionStore } from '../subscriptions.ts';
import { checked, jsonBody, listParameters } from './parameters.ts';
import { type ApiContext, type ApiEnv, errorResponse, jsonText, pageResponse } from './responses.ts';
import { changedSubscription, newSubscriptions, subscriptionCsv, subscriptionJson } from './subscription-json.ts';

export interface SubscriptionOptions {
  readonly subscriptions: SubscriptionStore;
  readonly faults: FaultState;
  readonly scheduler: Scheduler;
  readonly generation: () => Generation;
  readonly showSecrets: boolean;
}

const path = '/subscriptions/webhook';

export function subscriptionRoutes(app: Hono<ApiEnv>, options: SubscriptionOptions): void {
  const { subscriptions, faults, scheduler, generation, showSecrets } = options;
  const json = (one: Subscription): string => subscriptionJson(one, showSecrets);
  const all = (c: ApiContext): readonly Subscription[] =>
    subscriptions.list(c.get('token').account).filter(({ messageType }) => messageType !== 'ALERT');
  const own = (c: ApiContext, id: string): Subscription | undefined => all(c).find((found) => found.id === id);
  const apply = (effect: () => void): void =>
    scheduler.run(faults.hit('lateApply', { area: 'subscriptions' })?.settings.delayMs, effect);
  const unknown = (c: ApiContext, id: string): Response =>
    /^\d+$/.test(id)
      ? errorResponse(c, 'notFound', `There is no subscription ${id}.`)
      : errorResponse(c, 'badRequest', `id: ${id} is no int64`);

  app.get(path, (c) => {
    if (generation() === 'array') return jsonText(c, `[${all(c).map(json).join(',')}]`);
    const { value, fault } = checked(listParameters, c.req.query());
    if (value === undefined) return errorResponse(c, 'badRequest', fault);
    const { page, limit, order, keyword = '' } = value;
    const found = all(c).filter(({ application, url }) => application.includes(keyword) || url.includes(keyword));
    const ordered = order === 'ASC' ? found : found.toReversed();
    const items = ordered.slice((page - 1) * limit, page * limit).map(json);
    return pageResponse(c, { totalCount: found.length, page, limit, items });
  });

  app.get(`${path}/export`, (c) => c.text(subscriptionCsv(all(c)), 200, { 'content-type': 'text/csv' }));

  app.post(path, async (c) => {
    const { value, fault } = checked(newSubscriptions(generation()), await jsonBody(c));
    if (value === undefined) return errorResponse(c, 'badRequest', fault);
    const { account } = c.get('token');
    if (subscriptions.list(account).length + value.length > maxSubscriptions) {
      return errorResponse(c, 'badRequest', `There can be ${maxSubscriptions} subscriptions.`);
    }
    apply(() => {
      for (const { secret, message_type: messageType, ...rest } of value) {
        subscriptions.add({ ...rest, account, messageType, secret: secret ?? undefined });
      }
    });
    return c.body(null, 202);
  });

  app.put(`${path}/:id`, async (c) => {
    const id = c.req.param('id');
    if (own(c, id) === undefined) return unknown(c, id);
    const { value, fault } = checked(changedSubscription, await jsonBody(c));
    if (value === undefined) return errorResponse(c, 'badRequest', fault);
    const { secret, message_type: messageType, ...rest } = value;
    apply(() => subscriptions.change(id, { ...rest, messageType, ...(secret != null && { secret }) }));
    return c.body(null, 202);
  });

  app.delete(`${path}/:id`, (c) => {
    const id = c.req.param('id');
    const many = id === ':delete';
    if (many !== (generation() === 'page')) {
      return many
        ? errorResponse(c, 'badRequest', `id: ${id} is no int64`)
        : errorResponse(c, 'method', 'Delete by /subscriptions/webhook/:delete?ids=');
    }
    const ids = many ? (c.req.queries('ids') ?? []) : [id];
    if (ids.length === 0) return errorResponse(c, 'badRequest', 'ids: expected at least one');
    const missing = ids.find((one) => own(c, one) === undefined);
    if (missing !== undefined) return unknown(c, missing);
    apply(() => {
      for (const one of ids) subscriptions.remove(one);
    });
    return c.body(null, 202);
  });
}
