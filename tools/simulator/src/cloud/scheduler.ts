// Runs effects after a delay, unless they are cancelled.

export interface Scheduler {
  /** Runs at once where `delayMs` is undefined. */
  run(delayMs: number | undefined, effect: () => void): void;
  clear(): void;
}

export function createScheduler(): Scheduler {
  const timers = new Set<NodeJS.Timeout>();
  return {
    run(delayMs, effect) {
      if (delayMs === undefined) {
        effect();
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        effect();
      }, delayMs);
      timers.add(timer);
    },
    clear() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
