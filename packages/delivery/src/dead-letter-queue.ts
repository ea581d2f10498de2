// Puts one destination's dead letters on disk, before their events count as settled.
import type { Logger } from '@xiq-siem/core';
import type { Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { DeadLetter, DeadLetterStore } from './dead-letter.ts';

export interface DeadLetterQueue {
  /** `kept` is called when the entry is on disk. */
  add(entry: DeadLetter, kept: () => void): void;
  /** Why nothing can be kept now: the destination waits until it can. */
  blockedBy(): 'dead_letters_full' | 'dead_letters_failed' | undefined;
  /** Entries that are not on disk yet. */
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
const appendedAtOnce = 64;

export function createDeadLetterQueue(options: DeadLetterQueueOptions): DeadLetterQueue {
  const { name, store, clock, log, stop, bell } = options;
  const waiting: { readonly entry: DeadLetter; readonly kept: () => void }[] = [];
  let blocked: ReturnType<DeadLetterQueue['blockedBy']>;
  let running = false;
  let size = 0;

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
  /** Together, so that they can share a sync; gives those that have to be tried again. */
  const appendSome = async () => {
    const some = waiting.splice(0, appendedAtOnce);
    const kept = await Promise.all(some.map(({ entry }) => append(entry)));
    waiting.unshift(...some.filter((_, index) => !kept[index]));
    for (const [index, one] of some.entries()) if (kept[index]) one.kept();
    return kept.every(Boolean);
  };
  const run = async () => {
    while (waiting.length > 0 && !stop.aborted) {
      if (!(await appendSome())) {
        await clock.sleep(retryMs, stop);
        continue;
      }
      if (blocked !== undefined) log.info('delivery.dead_letters_taken_again', { destination: name });
      blocked = undefined;
      bell.ring();
    }
    running = false;
  };
  return {
    add(entry, kept) {
      size++;
      waiting.push({
        entry,
        kept() {
          size--;
          kept();
        },
      });
      if (running) return;
      running = true;
      void run();
    },
    blockedBy: () => blocked,
    size: () => size,
  };
}
