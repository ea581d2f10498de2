// A set and a map of event ids that hold millions in little memory.

export interface IdSet {
  /** Whether the id was not in it before. */
  add(id: string): boolean;
  has(id: string): boolean;
  readonly size: number;
}

/** From an id to an id. */
export interface IdMap {
  set(id: string, value: string): void;
  has(id: string): boolean;
  /** The value, with zeros after its first 64 bits: a set treats both as one id. */
  get(id: string): string | undefined;
}

const hexPerHalf = 8;
const maxLoad = 0.75;

/**
 * Ids have the form of `event.id`: a digit and 40 hex digits of a hash; others are a TypeError. The set stores 64 bits of
 * each id in 11 to 21 bytes of memory, and half as much more while it grows. With a million ids, the probability of a
 * false positive is 1 in 18 million million; that any two of the million collide, 1 in 37 million.
 */
export function idSet(expected = 0): IdSet {
  const { find, add, size } = idTable(2, expected);
  return {
    add: (id) => add(halvesOf(id)).isNew,
    has: (id) => find(halvesOf(id)) !== undefined,
    get size() {
      return size();
    },
  };
}

/** It needs twice the memory of a set. */
export function idMap(): IdMap {
  const { find, add, words } = idTable(4);
  return {
    set: function setId(id, value) {
      const { index } = add(halvesOf(id));
      words().set(halvesOf(value), index + 2);
    },
    has: (id) => find(halvesOf(id)) !== undefined,
    get: function idFor(id) {
      const index = find(halvesOf(id));
      return index === undefined ? undefined : idOf(words()[index + 2] ?? 0, words()[index + 3] ?? 0);
    },
  };
}

/** Open addressing. The first two 32-bit numbers of an entry are its id; two zeros are an empty entry. */
function idTable(width: 2 | 4, expected = 0) {
  let capacity = 1_024;
  while (capacity * maxLoad < expected) capacity *= 2;
  let entries = new Uint32Array(capacity * width);
  let size = 0;

  /** The index of the entry of an id, or of the empty entry for it. */
  const indexOf = (high: number, low: number): number => {
    const mask = entries.length - 1;
    let index = (high * width) & mask;
    while (entries[index] !== high || entries[index + 1] !== low) {
      if (!isUsed(index)) return index;
      index = (index + width) & mask;
    }
    return index;
  };
  const isUsed = (index: number): boolean => entries[index] !== 0 || entries[index + 1] !== 0;
  const grow = (): void => {
    const before = entries;
    entries = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += width) {
      const [high = 0, low = 0] = [before[at], before[at + 1]];
      if (high !== 0 || low !== 0) entries.set(before.subarray(at, at + width), indexOf(high, low));
    }
  };
  function findEntry([high, low]: Halves): number | undefined {
    const index = indexOf(high, low);
    return isUsed(index) ? index : undefined;
  }
  function addEntry([high, low]: Halves): { readonly index: number; readonly isNew: boolean } {
    let index = indexOf(high, low);
    if (isUsed(index)) return { index, isNew: false };
    if (size + 1 > (entries.length / width) * maxLoad) {
      grow();
      index = indexOf(high, low);
    }
    entries[index] = high;
    entries[index + 1] = low;
    size++;
    return { index, isNew: true };
  }
  return { find: findEntry, add: addEntry, words: () => entries, size: () => size };
}

export const isEventId = (id: string): boolean => /^\d[0-9a-f]{40}$/.test(id);

type Halves = readonly [high: number, low: number];

function halvesOf(id: string): Halves {
  if (!isEventId(id)) throw new TypeError('an event id is a digit and 40 hex digits');
  const high = Number.parseInt(id.slice(1, 1 + hexPerHalf), 16);
  const low = Number.parseInt(id.slice(1 + hexPerHalf, 1 + 2 * hexPerHalf), 16);
  // Two zeros would be an empty entry.
  return high === 0 && low === 0 ? [0, 1] : [high, low];
}

const hexOf = (half: number): string => half.toString(16).padStart(hexPerHalf, '0');
const idOf = (high: number, low: number): string => `0${hexOf(high)}${hexOf(low)}`.padEnd(41, '0');
