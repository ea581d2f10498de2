// Puts one destination's dead letters on disk, one after the other, before their events count as settled.
import type { Logger } from '@xiq-siem/core';
import type { Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { DeadLetter, DeadLetterStore } from './dead-letter.ts';

export interface DeadLetterQueue {
  /** `kept` is called when the entry is on disk. */
  add(entry: DeadLetter, kept: () => void): void;
  /** Why nothing can be kept now: the destination waits until it can. */
  blockedBy(): 'dead_letters_full' | 'dead_letters_failed' | undefined;
  size(): number;
}

export interface DeadLetterQueueOptions {
  readonly name: string;
  readonly store: DeadLetterStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stop: AbortSignal;
  /** Rung when something changes. */
  readonly bell: Pick<Bell, 'ring'>;
}

const retryMs = 5_000;

export function createDeadLetterQueue(options: DeadLetterQueueOptions): DeadLetterQueue {
  const { name, store, clock, log, stop, bell } = options;
  const waiting: { readonly entry: DeadLetter; readonly kept: () => void }[] = [];
  let blocked: ReturnType<DeadLetterQueue['blockedBy']>;
  let running = false;

  const block = (reason: NonNullable<typeof blocked>, error?: unknown) => {
    if (blocked !== reason) {
      const cause = error === undefined ? {} : { error: String(error) };
      log.error(`delivery.${reason}`, { destination: name, waiting: waiting.length, ...cause });
    }
    blocked = reason;
    bell.ring();
  };
  const append = async (entry: DeadLetter): Promise<boolean> => {
    if (store.full) {
      block('dead_letters_full');
      return false;
    }
    try {
      await store.append(entry);
      return true;
    } catch (error) {
      block(store.full ? 'dead_letters_full' : 'dead_letters_failed', error);
      return false;
    }
  };
  const run = async () => {
    for (let first = waiting[0]; first !== undefined && !stop.aborted; first = waiting[0]) {
      if (await append(first.entry)) {
        if (blocked !== undefined) log.info('delivery.dead_letters_taken_again', { destination: name });
        blocked = undefined;
        waiting.shift();
        first.kept();
        bell.ring();
      } else await clock.sleep(retryMs, stop);
    }
    running = false;
  };
  return {
    add(entry, kept) {
      waiting.push({ entry, kept });
      if (running) return;
      running = true;
      void run();
    },
    blockedBy: () => blocked,
    size: () => waiting.length,
  };
}
