// Creates events: stores each in its log and sends it to the subscriptions of its type.
import { z } from 'zod';
import { toJson } from '../../json.ts';
import type { SentType } from '../../message-types.ts';
import { createRandom } from '../../random.ts';
import { type FaultState, messageTypeSchema } from '../faults.ts';
import type { SimulatedEvent, StoredEvent } from '../simulated-event.ts';
import type { SubscriptionStore } from '../subscriptions.ts';
import { accountOf } from '../tokens.ts';
import type { WebhookSender } from '../webhooks/webhook-sender.ts';
import type { EventMaker, MadeEvent } from './event-maker.ts';
import type { EventStore } from './event-store.ts';
import { restFormOf } from './rest-form.ts';

export const emitSchema = z.strictObject({
  type: messageTypeSchema,
  count: z.int().min(1).max(10_000).default(1),
  /** The user name; default: the first account. */
  account: z.string().optional(),
  /** Time of the first event in epoch ms. Default: now by the cloud's clock, later than the previous event. */
  atMs: z.int().min(0).max(8_640_000_000_000_000).optional(),
  /** Time between two events. Many events that start now run ahead of the clock. */
  stepMs: z.int().min(1).max(86_400_000).default(1),
  /** Gives all events the same time. */
  sameMillisecond: z.boolean().default(false),
  /** Makes all events identical except for their ids, also in time. */
  alike: z.boolean().default(false),
  /** Maximum number of events in a webhook. */
  batch: z.int().min(1).max(1000).default(1),
});
export type EmitOptions = z.input<typeof emitSchema>;

export interface Emitter {
  /** Throws a ZodError, or a RangeError for an unknown account. */
  emit(options: EmitOptions): readonly SimulatedEvent[];
  /** To be called when the clock was set: earlier times must not delay new ones. */
  onClockChange(): void;
  clear(): void;
}

export interface EmitterOptions {
  /** User names; the index of one is the number of its tenant. */
  readonly accounts: readonly string[];
  readonly maker: EventMaker;
  readonly store: EventStore;
  readonly subscriptions: SubscriptionStore;
  readonly sender: WebhookSender;
  readonly faults: FaultState;
  /** For random choices that are not part of events. */
  readonly seed: number;
  readonly now: () => number;
}

export function createEmitter(options: EmitterOptions): Emitter {
  const { accounts, maker, store, subscriptions, sender, faults, now, seed } = options;
  let random = createRandom(seed);
  const lastTimes = new Map<string, number>();
  let sequence = 0;

  function storeEvent(account: string, messageType: SentType, timeMs: number, made: MadeEvent): StoredEvent {
    sequence += 1;
    const event: StoredEvent = {
      key: `e${sequence}`,
      sequence,
      policyId: String(made.rest['alert_policy_id'] ?? ''),
      account,
      messageType,
      timeMs,
      webhook: toJson(made.webhook, { spaced: false, ascii: false }),
      rest: restFormOf(messageType, made.rest, faults, now()),
      deliveries: [],
      inTransit: 0,
    };
    store.add(event);
    return event;
  }

  function publish(account: string, messageType: SentType, events: readonly StoredEvent[]): void {
    // As documented: a single event is sent alone or as an array of one.
    const bare = events.length === 1 && random.chance(0.5);
    for (const subscription of subscriptions.list(account)) {
      const { status, policyIds } = subscription;
      if (status !== 'ENABLED' || subscription.messageType !== messageType) continue;
      const wanted = policyIds === undefined ? events : events.filter((one) => policyIds.includes(one.policyId));
      if (wanted.length === 0) continue;
      const text = wanted.map(({ webhook }) => webhook).join(',');
      sender.send(subscription, wanted, Buffer.from(bare ? text : `[${text}]`));
    }
  }

  return {
    emit: function emitEvents(input) {
      const { type, count, atMs, stepMs, batch, ...wanted } = emitSchema.parse(input);
      const account = accountOf(accounts, wanted.account);
      const tenant = accounts.indexOf(account);
      const key = `${type} ${account}`;
      const atOneTime = wanted.sameMillisecond || wanted.alike;
      const begin = atMs ?? Math.max(now(), (lastTimes.get(key) ?? 0) + 1);
      const events: StoredEvent[] = [];
      let made: MadeEvent | undefined;
      for (let number = 0; number < count; number++) {
        const timeMs = begin + (atOneTime ? 0 : number * stepMs);
        made = wanted.alike && made !== undefined ? maker.repeat(type, made) : maker.make(tenant, type, timeMs);
        events.push(storeEvent(account, type, timeMs, made));
        if (atMs === undefined) lastTimes.set(key, timeMs);
      }
      for (let from = 0; from < count; from += batch) publish(account, type, events.slice(from, from + batch));
      return events;
    },
    onClockChange: () => lastTimes.clear(),
    clear: function clearEmitter() {
      lastTimes.clear();
      sequence = 0;
      random = createRandom(seed);
    },
  };
}
