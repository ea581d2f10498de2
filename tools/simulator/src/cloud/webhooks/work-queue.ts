// A queue with limited concurrency and optional delays.

export interface WorkQueue<T> {
  add(work: T): void;
  /** A delay of 0 is the same as `add`. */
  addLater(delayMs: number, work: T): void;
  /** Queued and running work. */
  size(): number;
  /** Resolves when work has ended or was dropped. */
  change(): Promise<void>;
  /** Drops queued work. */
  clear(): void;
}

/** `run` must not reject. Work that it adds is queued before its own slot is free. */
export function createWorkQueue<T>(atOnce: number, run: (work: T) => Promise<void>): WorkQueue<T> {
  let waiting: T[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let running = 0;
  let changed = Promise.withResolvers<void>();

  async function start(work: T): Promise<void> {
    running += 1;
    await run(work);
    running -= 1;
    next();
    publish();
  }

  function publish(): void {
    const { resolve } = changed;
    changed = Promise.withResolvers<void>();
    resolve();
  }

  function next(): void {
    while (running < atOnce) {
      const work = waiting.shift();
      if (work === undefined) return;
      void start(work);
    }
  }

  function add(work: T): void {
    waiting.push(work);
    next();
  }

  return {
    add,
    addLater(delayMs, work) {
      if (delayMs === 0) {
        add(work);
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        add(work);
      }, delayMs);
      timers.add(timer);
    },
    size: () => waiting.length + timers.size + running,
    change: () => changed.promise,
    clear() {
      waiting = [];
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      publish();
    },
  };
}
