// What goes wrong, and how often: set, asked at each chance to go wrong, and gone when used up.
import { z } from 'zod';
import { type MessageType, messageTypes } from '../message-types.ts';
import type { Random } from '../random.ts';

export const messageTypeSchema = z.enum(messageTypes);
export const areas = ['login', 'logout', 'subscriptions', 'logs'] as const;
export type Area = (typeof areas)[number];

const waitMs = z.int().min(0).max(600_000);

/** When it acts: on the next N, at a rate, on some types; on all where nothing is said. */
const trigger = {
  /** Acts so often, and is gone. */
  next: z.int().min(1).max(1_000_000).optional(),
  /** 0 to 1: the part of the chances that it takes. */
  rate: z.number().min(0).max(1).optional(),
  types: z.array(messageTypeSchema).min(1).optional(),
};
const onWebhook = z.strictObject(trigger);
/** For answers of the REST API, `types` are those whose log is asked for. */
const onResponse = z.strictObject({
  ...trigger,
  on: z.array(z.enum(areas)).min(1).optional(),
  /** Acts on this page only. */
  page: z.int().min(1).optional(),
});

const faultSchemas = {
  /** The webhook is never sent. */
  drop: onWebhook,
  /** Sent again when it was answered. */
  twice: onWebhook,
  /** Sent so much later. */
  late: onWebhook.extend({ delayMs: waitMs.default(1000) }),
  /** The second half of the body comes so much later than the first. */
  slow: onWebhook.extend({ durationMs: waitMs.default(1000) }),
  /** Held until a later body for the same subscription was answered, at most so long. */
  outOfOrder: onWebhook.extend({ holdMs: waitMs.default(1000) }),
  /** Sent with a secret that is not the subscription's. */
  wrongSecret: onWebhook,
  /** The connection ends after half the body. */
  cutWebhook: onWebhook,
  /** The REST log says something else than the webhook. */
  reword: onWebhook,
  /** The REST log writes MAC addresses in another notation: the same event. */
  respell: onWebhook,
  /** The REST log does not hold what the webhook told. */
  hideFromLog: onWebhook,
  /** The REST log holds it only so much later, by the cloud's clock. */
  lateInLog: onWebhook.extend({ delayMs: waitMs.default(1000) }),
  /** 429, whatever the budget; `Retry-After` in seconds, or as the date by the cloud's clock. */
  tooManyRequests: onResponse.extend({
    retryAfterSeconds: z.int().min(0).max(86_400).default(1),
    retryAfterAs: z.enum(['seconds', 'date']).default('seconds'),
  }),
  /** An error of the server's. */
  serverError: onResponse.extend({ status: z.union([z.literal(500), z.literal(502), z.literal(503)]).default(500) }),
  /** The connection ends after half the answer. */
  cutResponse: onResponse,
  /** The answer comes so much later. */
  slowResponse: onResponse.extend({ delayMs: waitMs.default(1000) }),
  /** A subscription is created, changed or deleted so much later than the 202 says so. */
  lateApply: onResponse.extend({ delayMs: waitMs.default(1000) }),
  /** After a log page was answered, so many events come at the head of its span. */
  shiftPages: onResponse.extend({ events: z.int().min(1).max(1000).default(1) }),
  /** `total_count` of a log is wrong, by another number each time. */
  movingTotal: onResponse,
};

export const faultsSchema = z.strictObject(faultSchemas).partial();
export type Faults = z.output<typeof faultsSchema>;
export type FaultsInput = z.input<typeof faultsSchema>;
export const faultNameSchema = faultsSchema.keyof();
export type FaultName = z.output<typeof faultNameSchema>;

/** What might go wrong here. */
export interface FaultContext {
  readonly messageType?: MessageType | undefined;
  readonly area?: Area;
  readonly page?: number;
}

export interface FaultState {
  /** What is set, `next` counted down. */
  get(): Faults;
  /** Sets the named faults anew and leaves the others. Throws a ZodError. */
  set(faults: FaultsInput): void;
  /** Ends the named faults; all where none is named. */
  clear(...names: readonly FaultName[]): void;
  /** Its settings where the fault acts on this chance, which is then used up; and how often it has acted since it was set. */
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
    get() {
      const entries = faultNameSchema.options.flatMap((name) => {
        const settings = current[name];
        if (settings?.next === undefined) return settings === undefined ? [] : [[name, settings]];
        return [[name, { ...settings, next: settings.next - (times.get(name) ?? 0) }]];
      });
      return faultsSchema.parse(Object.fromEntries(entries));
    },
    set(faults) {
      const changed = faultsSchema.parse(faults);
      for (const name of Object.keys(changed)) times.delete(nameOf(name));
      current = { ...current, ...changed };
    },
    clear(...names) {
      for (const name of names.length === 0 ? faultNameSchema.options : names) {
        delete current[name];
        times.delete(name);
      }
    },
    hit(name, chance) {
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
