// What may happen with every event is said now and then, with how often it was since.

/** Calls `say` at most once in `everyMs` for each key, with the count since it was last called. */
export function occasionally<Key>(now: () => number, everyMs: number, say: (key: Key, times: number) => void) {
  const counts = new Map<Key, { times: number; saidMs: number }>();
  return (key: Key, times: number): void => {
    if (times === 0) return;
    const count = counts.get(key) ?? { times: 0, saidMs: Number.NEGATIVE_INFINITY };
    counts.set(key, count);
    count.times += times;
    if (now() - count.saidMs < everyMs) return;
    say(key, count.times);
    count.times = 0;
    count.saidMs = now();
  };
}
