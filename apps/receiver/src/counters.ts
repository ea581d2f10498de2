// Counts in memory: every counter by its attributes, since the start.
import type { Meter } from '@xiq-siem/core';

export interface Counters extends Meter {
  /** `name{key=value,…}` to count, sorted by name. */
  snapshot(): Readonly<Record<string, number>>;
}

export function createCounters(): Counters {
  const counts = new Map<string, number>();
  return {
    add(name, value, attributes) {
      const suffix =
        attributes === undefined
          ? ''
          : `{${Object.entries(attributes)
              .map(([k, v]) => `${k}=${v}`)
              .join(',')}}`;
      const key = name + suffix;
      counts.set(key, (counts.get(key) ?? 0) + value);
    },
    snapshot: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
