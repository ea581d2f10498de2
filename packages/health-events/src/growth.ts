// What grows: said when it has, and then at most once an hour, as one figure.

export interface Grown {
  readonly key: string;
  /** By how much since it was said last. */
  readonly count: number;
  readonly total: number;
  /** In how many seconds. */
  readonly periodSeconds: number;
}

interface Known {
  base: number;
  saidAtMs: number;
  /** When it had last not grown. */
  quietAtMs: number;
}

export const hourMs = 3_600_000;
/** Whether what was said then may be said again; also where the clock was set back since. */
export const isDue = (saidAtMs: number, atMs: number): boolean => Math.abs(atMs - saidAtMs) >= hourMs;
/** Beyond, what is new is not watched until others are gone. */
const maxKeys = 1_000;

/**
 * Given all values there are, gives those that have grown and were not said within the hour. What the first call
 * finds is where it begins; what turns up later began at 0, and what falls is measured from where it fell to.
 */
export function createGrowth(): (values: ReadonlyMap<string, number>, atMs: number) => Grown[] {
  const known = new Map<string, Known>();
  let lastMs: number | undefined;
  return (values, atMs) => {
    const before = lastMs;
    lastMs = atMs;
    for (const [key, value] of values) {
      if (known.has(key) || known.size >= maxKeys) continue;
      const base = before === undefined ? value : 0;
      known.set(key, { base, saidAtMs: Number.NEGATIVE_INFINITY, quietAtMs: before ?? atMs });
    }
    const grown: Grown[] = [];
    for (const [key, state] of known) {
      const total = values.get(key) ?? 0;
      if (!values.has(key) && isDue(state.saidAtMs, atMs)) known.delete(key);
      if (total <= state.base) {
        state.base = total;
        state.quietAtMs = atMs;
      } else if (isDue(state.saidAtMs, atMs)) {
        const periodSeconds = Math.max(0, (atMs - Math.max(state.quietAtMs, state.saidAtMs)) / 1000);
        grown.push({ key, count: total - state.base, total, periodSeconds });
        state.base = total;
        state.saidAtMs = atMs;
      }
    }
    return grown;
  };
}
