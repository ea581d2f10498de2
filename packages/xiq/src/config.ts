// The configuration keys of the source.
import { z } from 'zod';
import { apiSchema, subscriptionsSchema } from './account-config.ts';
import { zoneOffset } from './read/time.ts';

function isTimeZone(name: string): boolean {
  try {
    zoneOffset(name);
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

const labelName = z
  .string()
  .regex(/^[a-z0-9_]{1,64}$/, 'a label name: lower-case letters, digits and underscores, at most 64');

const documentText = z
  .string()
  .max(256)
  .regex(/^(?=.*\S)[^\p{Cc}\p{Cs}]*$/u, 'text that is not blank, without control characters');

export const configSchema = z
  .strictObject({
    namespace: z
      .string()
      .regex(/^[a-z0-9_][a-z0-9_.]{0,99}$/, 'a data stream namespace: lower-case letters, digits, _ and ., at most 100')
      .default('default')
      .describe('Namespace of the data streams, `data_stream.namespace`.'),
    timeZone: z
      .string()
      .refine(isTimeZone, 'an IANA time zone, such as Europe/Berlin')
      .default('UTC')
      .describe('IANA time zone for times of the sender without an offset.'),
    repeats: z
      .enum(['same', 'distinct'])
      .default('same')
      .describe(
        'Events of equal content in different requests: `same`: one event that was sent again (one `event.id`). `distinct`: different events, unless the whole request is equal.',
      ),
    organization: z
      .strictObject({
        id: documentText
          .optional()
          .describe('`organization.id`: the owner id of the account, as audit events have it.'),
        name: documentText.optional().describe('`organization.name`.'),
      })
      .default({})
      .describe(
        'The account, for events that do not name it. Default: what ExtremeCloud IQ answers by REST, if `api` is set.',
      ),
    labels: z
      .record(labelName, documentText)
      .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels')
      .default({})
      .describe('Labels of every document of this source, `labels.*`: at most 32.'),
    header: z
      .string()
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'the name of an HTTP header')
      .toLowerCase()
      .optional()
      .describe('Another header that may have the secret, besides `Authorization`.'),
    api: apiSchema.optional().describe('REST API of ExtremeCloud IQ, and the credentials for it.'),
    subscriptions: subscriptionsSchema.optional().describe('Webhook subscriptions to maintain. Requires `api`.'),
  })
  .refine(({ api, subscriptions }) => subscriptions === undefined || api !== undefined, {
    path: ['subscriptions'],
    error: 'subscriptions need api: add api with baseUrl and token, or username and password',
  });
