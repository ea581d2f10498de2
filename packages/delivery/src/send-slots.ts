// Limits the calls to one destination at a time, for all its delivery streams. Slots go to the waiters in order.
import type { Wakeup } from './clock.ts';

/** Notified when a slot may be free. It must then call `acquire` again. */
export type SlotWaiter = Pick<Wakeup, 'notify'>;

export type SendSlots = ReturnType<typeof createSendSlots>;

export function createSendSlots(count: number) {
  const queue = new Set<SlotWaiter>();
  let used = 0;

  const notifyFirst = () => {
    const [first] = queue;
    if (used < count) first?.notify();
  };
  function acquireSlot(waiter: SlotWaiter): boolean {
    const [first = waiter] = queue;
    if (first !== waiter || used >= count) {
      queue.add(waiter);
      return false;
    }
    queue.delete(waiter);
    used++;
    notifyFirst();
    return true;
  }

  function releaseSlot() {
    used--;
    notifyFirst();
  }

  return {
    /** Infinite if the destination's type has no limit. */
    count,
    /** Acquires a slot. False if none is free or another waiter is first: `waiter` is then in the queue. */
    acquire: acquireSlot,
    /** Leaves the queue: a stream with nothing to send must not delay the others. */
    withdraw(waiter: SlotWaiter) {
      if (queue.delete(waiter)) notifyFirst();
    },
    release: releaseSlot,
  };
}
