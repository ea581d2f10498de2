// Bounds the calls under way to one destination, all its delivery streams together: first come, first served.
import type { Wakeup } from './clock.ts';

/** Notified when it may be its turn; it then has to acquire again. */
export type SlotWaiter = Pick<Wakeup, 'notify'>;

export type SendSlots = ReturnType<typeof createSendSlots>;

export function createSendSlots(count: number) {
  const queue = new Set<SlotWaiter>();
  let used = 0;

  const notifyFirst = () => {
    const [first] = queue;
    if (used < count) first?.notify();
  };
  return {
    /** Infinite where the destination's type sets no bound. */
    count,
    /** Takes a slot. False if none is free or another waiter was first: `waiter` then stands in the queue. */
    acquire(waiter: SlotWaiter): boolean {
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
    /** Leaves the queue: a stream with nothing to send must not keep the others waiting. */
    withdraw(waiter: SlotWaiter) {
      if (queue.delete(waiter)) notifyFirst();
    },
    release() {
      used--;
      notifyFirst();
    },
  };
}
