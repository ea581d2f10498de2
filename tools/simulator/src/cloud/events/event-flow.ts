// Creates events of random types at a rate.
import { z } from 'zod';
import { messageTypes, type SentType } from '../../message-types.ts';
import type { Random } from '../../random.ts';
import { messageTypeSchema } from '../faults.ts';
import type { Emitter } from './emitter.ts';

export const flowSchema = z.strictObject({
  /** 0: none. */
  eventsPerSecond: z.number().min(0).max(10_000),
  types: z
    .array(messageTypeSchema)
    .min(1)
    .default([...messageTypes]),
  /** Maximum number of events in a webhook. */
  batch: z.int().min(1).max(1000).default(10),
});
export type FlowOptions = z.input<typeof flowSchema>;

export interface EventFlow {
  /** Throws a ZodError. */
  set(options: FlowOptions): void;
  get(): z.output<typeof flowSchema>;
  stop(): void;
}

const stepMs = 50;
/** After a longer pause of the process, missed events are not made up for. */
const maxBurstSeconds = 1;

export function createEventFlow(emitter: Emitter, accounts: readonly string[], random: Random): EventFlow {
  let current = flowSchema.parse({ eventsPerSecond: 0 });
  let timer: NodeJS.Timeout | undefined;
  let lastMs = 0;
  let due = 0;

  function step(): void {
    const { eventsPerSecond, types, batch } = current;
    const nowMs = performance.now();
    due += Math.min((nowMs - lastMs) / 1000, maxBurstSeconds) * eventsPerSecond;
    lastMs = nowMs;
    const counts = new Map<string, { readonly account: string; readonly type: SentType; count: number }>();
    for (; due >= 1; due--) {
      const [account, type] = [random.pick(accounts), random.pick(types)];
      const entry = counts.get(`${type} ${account}`) ?? { account, type, count: 0 };
      entry.count += 1;
      counts.set(`${type} ${account}`, entry);
    }
    for (const { account, type, count } of counts.values()) emitter.emit({ type, account, count, batch });
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    current = { ...current, eventsPerSecond: 0 };
  }

  return {
    set: function setFlow(options) {
      stop();
      current = flowSchema.parse(options);
      if (current.eventsPerSecond === 0) return;
      [due, lastMs] = [0, performance.now()];
      timer = setInterval(step, stepMs);
    },
    get: () => current,
    stop,
  };
}
