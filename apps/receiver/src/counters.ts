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
      const key = keyOf(name, attributes);
      counts.set(key, (counts.get(key) ?? 0) + value);
    },
    snapshot: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** On the path of every request: no arrays, one string. */
function keyOf(name: string, attributes: Readonly<Record<string, string>> = {}): string {
  let inner = '';
  for (const key in attributes) inner += `${inner === '' ? '' : ','}${key}=${attributes[key]}`;
  return inner === '' ? name : `${name}{${inner}}`;
}
