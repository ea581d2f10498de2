// What open entries have in common (destination, code, dataset), each kept once, and how many there are of it.

export interface EntryGroup {
  readonly destination: string;
  readonly code: string;
  readonly dataset: string;
  count: number;
}

export interface EntryGroups {
  readonly all: readonly EntryGroup[];
  /** Its place in `all`. */
  placeOf(destination: string, code: string, dataset: string): number;
  /** @throws RangeError where there is no such place. */
  at(place: number): EntryGroup;
}

export function entryGroups(): EntryGroups {
  const all: EntryGroup[] = [];
  const places = new Map<string, number>();
  return {
    all,
    placeOf(destination, code, dataset) {
      const key = JSON.stringify([destination, code, dataset]);
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, all.length);
      return all.push({ destination, code, dataset, count: 0 }) - 1;
    },
    at(place) {
      const group = all[place];
      if (group === undefined) throw new RangeError(`no group ${place} of ${all.length}`);
      return group;
    },
  };
}
