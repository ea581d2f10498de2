// Bounds the calls under way to one destination, all its delivery streams together: first come, first served.
import type { Wakeup } from './waiting.ts';

/** Notified when it may be its turn; it then has to acquire again. */
export type SlotWaiter = Pick<Wakeup, 'notify'>;

export interface SendSlots {
  /** Infinite where the destination's type sets no bound. */
  readonly count: number;
  /** Takes a slot. False if none is free or another waiter was first: `waiter` then stands in the queue. */
  acquire(waiter: SlotWaiter): boolean;
  /** Leaves the queue: a stream with nothing to send must not keep the others waiting. */
  withdraw(waiter: SlotWaiter): void;
  release(): void;
}

export function createSendSlots(count: number): SendSlots {
  const queue = new Set<SlotWaiter>();
  let used = 0;

  const notifyFirst = () => {
    const [first] = queue;
    if (used < count) first?.notify();
  };
  return {
    count,
    acquire(waiter) {
      const [first = waiter] = queue;
      if (first !== waiter || used >= count) {
        queue.add(waiter);
        return false;
      }
      queue.delete(waiter);
      used++;
      notifyFirst();
      return true;
    },
    withdraw(waiter) {
      if (queue.delete(waiter)) notifyFirst();
    },
    release() {
      used--;
      notifyFirst();
    },
  };
}
