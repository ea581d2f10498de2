// One piece of work after the other, but for those that may go together.

export interface Turns {
  /** Runs alone, after all that was asked for before. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Runs beside others that were asked for so while it waited for its turn. */
  together(work: () => Promise<void>): Promise<void>;
  /** Resolves when all that was asked for is done. */
  over(): Promise<void>;
}

export function takingTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let joined: (() => Promise<void>)[] | undefined;

  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  }

  return {
    alone,
    together(work) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const mine = () => work().then(resolve, reject);
      if (joined !== undefined) {
        joined.push(mine);
        return promise;
      }
      const all = [mine];
      joined = all;
      void alone(async () => {
        joined = undefined;
        await Promise.all(all.map((one) => one()));
      });
      return promise;
    },
    async over() {
      await last;
    },
  };
}
