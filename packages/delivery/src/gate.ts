// The places of a destination that takes few batches at once, shared by its lanes: who came first goes first.

/** One who waits in line; rung when it may be its turn, and then asks again. */
export interface Waiter {
  ring(): void;
}

export interface Gate {
  /** Calls under way at once, all lanes together; infinite where the type sets no bound. */
  readonly places: number;
  /** Takes a place. False if there is none, or somebody was first: `waiter` then stands in line. */
  enter(waiter: Waiter): boolean;
  /** Waits no longer: who has nothing to send must not stand before those who have. */
  withdraw(waiter: Waiter): void;
  /** Gives a place back. */
  leave(): void;
}

export function createGate(places: number): Gate {
  const line = new Set<Waiter>();
  let taken = 0;

  const callFirst = () => {
    const [first] = line;
    if (taken < places) first?.ring();
  };
  return {
    places,
    enter(waiter) {
      const [first = waiter] = line;
      if (first !== waiter || taken >= places) {
        line.add(waiter);
        return false;
      }
      line.delete(waiter);
      taken++;
      callFirst();
      return true;
    },
    withdraw(waiter) {
      if (line.delete(waiter)) callFirst();
    },
    leave() {
      taken--;
      callFirst();
    },
  };
}
