// Options of a simulated cloud and their validation.
import { z } from 'zod';
import { flowSchema } from './events/event-flow.ts';
import { maxAccounts } from './events/event-maker.ts';
import { generationSchema } from './generation.ts';
import { secretForms } from './webhooks/secret-forms.ts';

export const accountSchema = z.strictObject({
  username: z.string().min(1).max(200),
  password: z.string().min(1).max(200),
  /** A long-lived API token with all permissions. */
  apiToken: z.string().min(1).max(2000).optional(),
});

export const optionsSchema = z.strictObject({
  /** On 127.0.0.1; 0 uses a free port. */
  port: z.int().min(0).max(65_535).default(0),
  seed: z.int().min(0).default(1),
  generation: generationSchema.default('page'),
  /** Each has its own tenant. */
  accounts: z
    .array(accountSchema)
    .min(1)
    .max(maxAccounts)
    .default([{ username: 'admin@acme.example', password: 'simulator' }]),
  /** Lifetime of a login token in seconds. */
  tokenLifetimeSeconds: z.int().min(1).max(31_536_000).default(86_400),
  /** Requests per hour for an account. */
  requestsPerHour: z.int().min(1).max(10_000_000).default(7500),
  /** Offset of its clock to this machine's in ms; negative: behind. */
  clockOffsetMs: z.int().min(-4_000_000_000_000).max(4_000_000_000_000).default(0),
  /** Events that are created automatically. */
  flow: flowSchema.default({ ...flowSchema.parse({ eventsPerSecond: 0 }) }),
  /** Maximum number of stored events for each account and type. */
  maxEvents: z.int().min(10).max(1_000_000).default(20_000),
  /** The order within a log. */
  logOrder: z.enum(['newestFirst', 'oldestFirst']).default('newestFirst'),
  /** Whether the span includes `endTime`. */
  endTimeInclusive: z.boolean().default(true),
  /** Whether a log shows an event only when its webhooks are neither queued nor in flight. */
  logsAfterWebhooks: z.boolean().default(false),
  /** Whether the list of subscriptions contains secrets, or null. */
  showSecrets: z.boolean().default(true),
  webhooks: z
    .strictObject({
      secretForm: z.enum(secretForms).default('basic'),
      /** Webhooks in flight at once; with 1 they are sent in order. */
      connections: z.int().min(1).max(256).default(4),
      timeoutMs: z.int().min(10).max(600_000).default(10_000),
      /** Number of retries after a response other than 2xx. */
      retries: z.int().min(0).max(100).default(0),
      retryDelayMs: z.int().min(0).max(600_000).default(1000),
    })
    .prefault({}),
});
export type XiqCloudOptions = z.input<typeof optionsSchema>;
export type XiqCloudSettings = z.output<typeof optionsSchema>;
