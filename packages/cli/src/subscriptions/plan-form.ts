// The `--json` form of plans, subscriptions and steps, without secrets and without parts of URLs that may contain one.
import {
  type ApplyStep,
  isNothingToDo,
  type SubscriptionPlan,
  shownText,
  shownUrl,
  type XiqSubscription,
} from '@xiq-siem/xiq-account';
import { z } from 'zod';

const id = z
  .string()
  .describe('An int64 in digits, which may exceed 2^53. `alert-` precedes that of a subscription to alerts.');
const url = z.string().describe('Without user, password and query.');
const application = z.string().describe('Empty for a subscription to alerts, which has none.');
const subscription = { id, messageType: z.string(), application, url, status: z.string().optional() };

export const subscriptionSchema = z.strictObject(subscription);
export const foreignSchema = z.strictObject({
  ...subscription,
  reason: z.enum(['other', 'our_application', 'our_url', 'no_message_type', 'alerts_not_configured']),
});

export const planSchema = z.strictObject({
  nothingToDo: z.boolean(),
  create: z.array(z.strictObject({ messageType: z.string(), application, url })),
  change: z.array(
    z.strictObject({
      ...subscription,
      fields: z.array(
        z.strictObject({
          field: z.enum(['url', 'status', 'secret', 'policies']),
          before: z.string(),
          after: z.string(),
        }),
      ),
    }),
  ),
  delete: z.array(z.strictObject({ ...subscription, reason: z.enum(['duplicate', 'not_configured', 'requested']) })),
  untouched: z.array(
    z.strictObject({
      ...subscription,
      hidden: z
        .array(z.enum(['status', 'secret']))
        .describe('Fields that the API does not show, so that they may differ.'),
    }),
  ),
  foreign: z.array(foreignSchema),
});

export const stepSchema = z.strictObject({
  action: z.enum(['created', 'changed', 'deleted']),
  id: id.optional(),
  messageType: z.string(),
});

export function subscriptionForm(one: XiqSubscription): z.input<typeof subscriptionSchema> {
  return {
    id: one.id,
    messageType: shownText(one.messageType),
    application: one.policies === undefined ? shownText(one.application) : '',
    url: shownUrl(one.url),
    status: one.status === undefined ? undefined : shownText(one.status),
  };
}

export function planForm(plan: SubscriptionPlan): z.input<typeof planSchema> {
  const { create, change, delete: deletes, untouched, foreign } = plan;
  return {
    nothingToDo: isNothingToDo(plan),
    create: create.map((one) => ({ messageType: one.messageType, application: one.application, url: one.url })),
    change: change.map((one) => ({
      ...subscriptionForm(one.subscription),
      fields: one.fields.map(({ field, before, after }) => ({ field, before, after })),
    })),
    delete: deletes.map((one) => ({ ...subscriptionForm(one.subscription), reason: one.reason })),
    untouched: untouched.map((one) => ({ ...subscriptionForm(one.subscription), hidden: [...one.hidden] })),
    foreign: foreign.map((one) => ({ ...subscriptionForm(one.subscription), reason: one.reason })),
  };
}

export function stepForm(step: Exclude<ApplyStep, { action: 'checked' }>): z.input<typeof stepSchema> {
  const messageType = shownText(step.messageType);
  return step.action === 'created'
    ? { action: step.action, messageType }
    : { action: step.action, id: step.id, messageType };
}
