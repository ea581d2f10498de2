// Lets events happen: each is made, kept in its log, and sent to whoever has subscribed to its type.
import { z } from 'zod';
import { toJson } from '../../json.ts';
import type { MessageType } from '../../message-types.ts';
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
  /** The user name; the first account where it is left out. */
  account: z.string().optional(),
  /** Epoch ms: the first event's time. Left out: now by the cloud's clock, and never the time of the one before. */
  atMs: z.int().min(0).max(8_640_000_000_000_000).optional(),
  /** From event to event: many of them run ahead of the clock where they begin now. */
  stepMs: z.int().min(1).max(86_400_000).default(1),
  /** All of them at one time. */
  sameMillisecond: z.boolean().default(false),
  /** All of them the same but for their ids; at one time as well. */
  alike: z.boolean().default(false),
  /** Events in a webhook, at most. */
  batch: z.int().min(1).max(1000).default(1),
});
export type EmitOptions = z.input<typeof emitSchema>;

export interface Emitter {
  /** Throws a ZodError, or a RangeError where there is no such account. */
  emit(options: EmitOptions): readonly SimulatedEvent[];
  /** The clock was set: times that were given by the old one do not hold up the new. */
  onClockChange(): void;
  clear(): void;
}

export interface EmitterOptions {
  /** User names; the place of one is its tenant's number. */
  readonly accounts: readonly string[];
  readonly maker: EventMaker;
  readonly store: EventStore;
  readonly subscriptions: SubscriptionStore;
  readonly sender: WebhookSender;
  readonly faults: FaultState;
  /** For what is not the events' own. */
  readonly seed: number;
  readonly now: () => number;
}

export function createEmitter(options: EmitterOptions): Emitter {
  const { accounts, maker, store, subscriptions, sender, faults, now, seed } = options;
  let random = createRandom(seed);
  const lastTimes = new Map<string, number>();
  let sequence = 0;

  function storeEvent(account: string, messageType: MessageType, timeMs: number, made: MadeEvent): StoredEvent {
    sequence += 1;
    const event: StoredEvent = {
      key: `e${sequence}`,
      sequence,
      account,
      messageType,
      timeMs,
      webhook: toJson(made.webhook, { spaced: false, ascii: false }),
      rest: restFormOf(messageType, made.rest, faults, now()),
      deliveries: [],
    };
    store.add(event);
    return event;
  }

  function publish(account: string, messageType: MessageType, events: readonly StoredEvent[]): void {
    const [first] = events;
    // As on the vendor's page: one event comes bare or as an array of one.
    const bare = events.length === 1 && random.chance(0.5);
    const text = bare ? (first?.webhook ?? '') : `[${events.map(({ webhook }) => webhook).join(',')}]`;
    const body = Buffer.from(text);
    for (const subscription of subscriptions.list(account)) {
      if (subscription.status === 'ENABLED' && subscription.messageType === messageType) {
        sender.send(subscription, events, body);
      }
    }
  }

  return {
    emit(input) {
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
    clear() {
      lastTimes.clear();
      sequence = 0;
      random = createRandom(seed);
    },
  };
}
