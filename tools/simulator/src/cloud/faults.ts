// Injected faults: settings, and when each is triggered.
import { z } from 'zod';
import { type SentType, sentTypes } from '../message-types.ts';
import type { Random } from '../random.ts';

export const messageTypeSchema = z.enum(sentTypes);
export const areas = ['login', 'logout', 'subscriptions', 'alerts', 'account', 'logs'] as const;
export type Area = (typeof areas)[number];

const waitMs = z.int().min(0).max(600_000);

/** When a fault acts: on the next N, at a rate, on some types; by default always. */
const trigger = {
  /** Acts this number of times, then is removed. */
  next: z.int().min(1).max(1_000_000).optional(),
  /** Probability, 0 to 1. */
  rate: z.number().min(0).max(1).optional(),
  types: z.array(messageTypeSchema).min(1).optional(),
};
const onWebhook = z.strictObject(trigger);
/** For responses of the REST API; `types` are those of the requested log. */
const onResponse = z.strictObject({
  ...trigger,
  on: z.array(z.enum(areas)).min(1).optional(),
  /** Acts only on this page. */
  page: z.int().min(1).optional(),
});

const faultSchemas = {
  /** The webhook is not sent. */
  drop: onWebhook,
  /** Sent again after its response. */
  twice: onWebhook,
  /** Sent after a delay. */
  late: onWebhook.extend({ delayMs: waitMs.default(1000) }),
  /** The second half of the body is sent after a delay. */
  slow: onWebhook.extend({ durationMs: waitMs.default(1000) }),
  /** Postponed until a later body of the same subscription has a response, for at most `holdMs`. */
  outOfOrder: onWebhook.extend({ holdMs: waitMs.default(1000) }),
  /** Sent with a wrong secret. */
  wrongSecret: onWebhook,
  /** The connection is closed after half of the body. */
  cutWebhook: onWebhook,
  /** The REST log has another text than the webhook. */
  reword: onWebhook,
  /** The REST log writes MAC addresses in another notation. */
  respell: onWebhook,
  /** The REST log does not contain the event. */
  hideFromLog: onWebhook,
  /** The REST log shows the event after a delay, by the cloud's clock. */
  lateInLog: onWebhook.extend({ delayMs: waitMs.default(1000) }),
  /** 429 regardless of the rate limit; `Retry-After` in seconds, or as a date by the cloud's clock. */
  tooManyRequests: onResponse.extend({
    retryAfterSeconds: z.int().min(0).max(86_400).default(1),
    retryAfterAs: z.enum(['seconds', 'date']).default('seconds'),
  }),
  /** A server error. */
  serverError: onResponse.extend({ status: z.union([z.literal(500), z.literal(502), z.literal(503)]).default(500) }),
  /** The connection is closed after half of the response. */
  cutResponse: onResponse,
  /** The response is delayed. */
  slowResponse: onResponse.extend({ delayMs: waitMs.default(1000) }),
  /** A subscription is created, changed or deleted some time after its 202. */
  lateApply: onResponse.extend({ delayMs: waitMs.default(1000) }),
  /** After the response of a log page, this number of events is added at the head of its span. */
  shiftPages: onResponse.extend({ events: z.int().min(1).max(1000).default(1) }),
  /** `total_count` of a log is wrong, by a different number each time. */
  movingTotal: onResponse,
};

export const faultsSchema = z.strictObject(faultSchemas).partial();
export type Faults = z.output<typeof faultsSchema>;
export type FaultsInput = z.input<typeof faultsSchema>;
export const faultNameSchema = faultsSchema.keyof();
export type FaultName = z.output<typeof faultNameSchema>;

/** The request or webhook at which a fault may act. */
export interface FaultContext {
  readonly messageType?: SentType | undefined;
  readonly area?: Area;
  readonly page?: number;
}

export interface FaultState {
  /** The current settings, with `next` counted down. */
  get(): Faults;
  /** Sets the given faults and keeps the others. Throws a ZodError. */
  set(faults: FaultsInput): void;
  /** Removes the named faults; all where none is named. */
  clear(...names: readonly FaultName[]): void;
  /** The settings where the fault acts here, and how often it has acted since it was set. Counts down `next`. */
  hit<N extends FaultName>(
    name: N,
    chance: FaultContext,
  ): { readonly settings: NonNullable<Faults[N]>; readonly times: number } | undefined;
}

export function createFaultState(random: Random): FaultState {
  let current: Faults = {};
  const times = new Map<FaultName, number>();
  const nameOf = (name: string): FaultName => faultNameSchema.parse(name);

  return {
    get: function getFaults() {
      const entries = faultNameSchema.options.flatMap((name) => {
        const settings = current[name];
        if (settings?.next === undefined) return settings === undefined ? [] : [[name, settings]];
        return [[name, { ...settings, next: settings.next - (times.get(name) ?? 0) }]];
      });
      return faultsSchema.parse(Object.fromEntries(entries));
    },
    set: function setFaults(faults) {
      const changed = faultsSchema.parse(faults);
      for (const name of Object.keys(changed)) times.delete(nameOf(name));
      current = { ...current, ...changed };
    },
    clear: function clearFaults(...names) {
      for (const name of names.length === 0 ? faultNameSchema.options : names) {
        delete current[name];
        times.delete(name);
      }
    },
    hit: function hitFault(name, chance) {
      const settings = current[name];
      if (settings === undefined || !matches(settings, chance)) return undefined;
      if (settings.rate !== undefined && !random.chance(settings.rate)) return undefined;
      const acted = (times.get(name) ?? 0) + 1;
      times.set(name, acted);
      if (acted === settings.next) {
        delete current[name];
        times.delete(name);
      }
      return { settings, times: acted };
    },
  };
}

function matches(settings: NonNullable<Faults[FaultName]>, { messageType, area, page }: FaultContext): boolean {
  if (settings.types !== undefined && !settings.types.some((type) => type === messageType)) return false;
  if ('on' in settings && settings.on !== undefined && !settings.on.some((one) => one === area)) return false;
  return !('page' in settings) || settings.page === undefined || settings.page === page;
}
