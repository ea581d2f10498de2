// Converts subscriptions from and to the JSON of the REST API, in both generations.
import { z } from 'zod';
import { type Json, toJson } from '../../json.ts';
import { messageTypes } from '../../message-types.ts';
import type { Generation } from '../generation.ts';
import { logFamilies } from '../log-families.ts';
import type { Subscription } from '../subscriptions.ts';
import { isoTime } from './responses.ts';

export const httpUrl = z
  .string()
  .max(2000)
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), 'expected http://… or https://…');
export const status = z.enum(['ENABLED', 'DISABLED']);

const base = z.object({
  application: z.string().min(1).max(255),
  url: httpUrl,
  secret: z.string().max(1000).nullish(),
  message_type: z.enum(messageTypes),
});
const withStatus = base.extend({ status });
const statusOptional = base.extend({ status: status.default('ENABLED') });

/** A body of POST. The status is required since 2025. */
export function newSubscriptions(generation: Generation) {
  return z
    .array(generation === 'page' ? withStatus : statusOptional)
    .min(1)
    .max(100);
}

/** A body of PUT. */
export const changedSubscription = withStatus;

export function subscriptionJson(one: Subscription, showSecret: boolean): string {
  return toJson(
    {
      id: BigInt(one.id),
      create_time: isoTime(one.createdAtMs),
      update_time: isoTime(one.updatedAtMs),
      application: one.application,
      url: one.url,
      secret: showSecret ? (one.secret ?? null) : null,
      data_type: logFamilies[one.messageType].dataType,
      message_type: one.messageType,
      status: one.status,
    } satisfies Json,
    { spaced: false, ascii: false },
  );
}

export function subscriptionCsv(all: readonly Subscription[]): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = all.map(({ id, application, url, messageType, status: state }) =>
    [id, application, url, messageType, state].map(cell).join(','),
  );
  return ['id,application,url,message_type,status', ...lines, ''].join('\n');
}
