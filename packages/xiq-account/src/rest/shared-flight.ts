// One piece of work for all who want it at the same time; it ends when nobody wants it any more.

/** Each waits until the work is done or its own signal fires; `start` begins when the first one asks. */
export function sharedFlight<Result>(start: (signal: AbortSignal) => Promise<Result>) {
  let flight: { readonly work: Promise<Result>; readonly nobody: AbortController; waiting: number } | undefined;

  return async (signal: AbortSignal): Promise<Result> => {
    signal.throwIfAborted();
    if (flight === undefined) {
      const nobody = new AbortController();
      flight = { work: start(nobody.signal), nobody, waiting: 0 };
    }
    const own = flight;
    const land = () => {
      if (flight === own) flight = undefined;
    };
    own.work.then(land, land);
    own.waiting++;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([own.work, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      own.waiting--;
      if (own.waiting === 0) {
        land();
        own.nobody.abort();
      }
    }
  };
}
