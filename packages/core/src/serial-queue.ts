// Runs asynchronous functions one after another.

/** The returned function starts `work` when all earlier work has ended, and resolves or rejects as `work` does. */
export function createSerialQueue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
