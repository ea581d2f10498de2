// What a simulated cloud can be told at its start, checked.
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
  /** At 127.0.0.1; 0 takes a free one. */
  port: z.int().min(0).max(65_535).default(0),
  seed: z.int().min(0).default(1),
  generation: generationSchema.default('page'),
  /** Each has a tenant of its own. */
  accounts: z
    .array(accountSchema)
    .min(1)
    .max(maxAccounts)
    .default([{ username: 'admin@acme.example', password: 'simulator' }]),
  /** Seconds that the token of a login lasts. */
  tokenLifetimeSeconds: z.int().min(1).max(31_536_000).default(86_400),
  /** Requests an hour for an account. */
  requestsPerHour: z.int().min(1).max(10_000_000).default(7500),
  /** How far its clock is ahead of this machine's, in ms; negative: behind. */
  clockOffsetMs: z.int().min(-4_000_000_000_000).max(4_000_000_000_000).default(0),
  /** Events that happen by themselves. */
  flow: flowSchema.default({ ...flowSchema.parse({ eventsPerSecond: 0 }) }),
  /** Events kept for each account and type. */
  maxEvents: z.int().min(10).max(1_000_000).default(20_000),
  /** The order within a log. */
  logOrder: z.enum(['newestFirst', 'oldestFirst']).default('newestFirst'),
  /** Whether `endTime` itself belongs to the span. */
  endTimeInclusive: z.boolean().default(true),
  /** Whether subscriptions are listed with their secret, or with null. */
  showSecrets: z.boolean().default(true),
  webhooks: z
    .strictObject({
      secretForm: z.enum(secretForms).default('basic'),
      /** Webhooks under way at the same time; with 1 they come in order. */
      connections: z.int().min(1).max(256).default(4),
      timeoutMs: z.int().min(10).max(600_000).default(10_000),
      /** How often one that was not answered 2xx is sent again. */
      retries: z.int().min(0).max(100).default(0),
      retryDelayMs: z.int().min(0).max(600_000).default(1000),
    })
    .prefault({}),
});
export type XiqCloudOptions = z.input<typeof optionsSchema>;
export type XiqCloudSettings = z.output<typeof optionsSchema>;
