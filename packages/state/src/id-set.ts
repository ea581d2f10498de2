// A set of event ids that holds millions in little memory.

export interface IdSet {
  /** Whether the id was not in it before. */
  add(id: string): boolean;
  has(id: string): boolean;
  readonly size: number;
}

const hexPerHalf = 8;
const maxLoad = 0.75;

/**
 * Ids as `event.id` is: a digit and 40 hex digits of a hash; anything else is a TypeError. It keeps 64 bits of each, 11
 * to 21 bytes of memory an id (half as much again while it grows). With a million ids in it, an id that is not there
 * is taken for one that is by a chance of 1 in 18 million million; that any two of the million are taken for one, by 1
 * in 37 million.
 */
export function idSet(expected = 0): IdSet {
  let capacity = 1_024;
  while (capacity * maxLoad < expected) capacity *= 2;
  /** Two words an id, the ids by open addressing; both words zero is an empty place. */
  let words = new Uint32Array(capacity * 2);
  let size = 0;

  /** Where the words of an id stand, or where they would. */
  const placeOf = (high: number, low: number): number => {
    const mask = words.length - 1;
    let place = (high * 2) & mask;
    while (words[place] !== high || words[place + 1] !== low) {
      if (words[place] === 0 && words[place + 1] === 0) return place;
      place = (place + 2) & mask;
    }
    return place;
  };
  const put = (place: number, high: number, low: number): void => {
    words[place] = high;
    words[place + 1] = low;
  };
  const grow = (): void => {
    const before = words;
    words = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) {
      const [high = 0, low = 0] = [before[at], before[at + 1]];
      if (high !== 0 || low !== 0) put(placeOf(high, low), high, low);
    }
  };
  return {
    add(id) {
      const [high, low] = halvesOf(id);
      let place = placeOf(high, low);
      if (isUsed(words, place)) return false;
      if (size + 1 > (words.length / 2) * maxLoad) {
        grow();
        place = placeOf(high, low);
      }
      put(place, high, low);
      size++;
      return true;
    },
    has: (id) => isUsed(words, placeOf(...halvesOf(id))),
    get size() {
      return size;
    },
  };
}

const isUsed = (words: Uint32Array, place: number): boolean => words[place] !== 0 || words[place + 1] !== 0;

export const isEventId = (id: string): boolean => /^\d[0-9a-f]{40}$/.test(id);

function halvesOf(id: string): readonly [number, number] {
  if (!isEventId(id)) throw new TypeError('An event id is a digit and 40 hex digits.');
  const high = Number.parseInt(id.slice(1, 1 + hexPerHalf), 16);
  const low = Number.parseInt(id.slice(1 + hexPerHalf, 1 + 2 * hexPerHalf), 16);
  // All zeros is how an empty place looks.
  return high === 0 && low === 0 ? [0, 1] : [high, low];
}
