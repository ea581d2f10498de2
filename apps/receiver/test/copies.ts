// For tests: counts arrivals by a key and compares the counts.
import type { Arrival } from './arrivals.ts';

export type Copies = ReadonlyMap<string, number>;

export function copiesBy(arrivals: readonly Arrival[], key: keyof Arrival): Copies {
  const copies = new Map<string, number>();
  for (const arrival of arrivals) copies.set(arrival[key], (copies.get(arrival[key]) ?? 0) + 1);
  return copies;
}

/** Every id once. */
export const onceEach = (arrivals: readonly Arrival[]): Copies => new Map(arrivals.map(({ id }) => [id, 1]));

const most = 10;

/** At most ten differences, one for each line, and a last line with the number of further ones. */
export function differences(found: Copies, expected: Copies): readonly string[] {
  const keys = new Set([...expected.keys(), ...found.keys()]);
  const lines = [...keys].flatMap((key) => {
    const [is, should] = [found.get(key) ?? 0, expected.get(key) ?? 0];
    return is === should ? [] : [`${key}: ${is}, expected ${should}`];
  });
  return lines.length <= most ? lines : [...lines.slice(0, most), `and ${lines.length - most} more`];
}
