// How long a source is usually quiet: the longest pause between two webhooks over the last day.

export interface Habit {
  /** What came last, epoch milliseconds. `usual`: whether the pause before it is one to learn from. */
  heard(atMs: number, usual: boolean): void;
  /** The longest pause in milliseconds; undefined before there is enough to go by. */
  longestMs(nowMs: number): number | undefined;
  lastMs(): number | undefined;
}

const minPauses = 10;
const minObservedMs = 3_600_000;
const slotMs = 3_600_000;
const slots = 24;

/** In memory: after a start it is learned anew, which takes an hour and ten pauses. */
export function createHabit(): Habit {
  let first: number | undefined;
  let last: number | undefined;
  let pauses = 0;
  /** By hour, so that it is bounded: number of the hour and its longest pause. */
  let longest: { readonly slot: number; ms: number }[] = [];
  return {
    heard(atMs, usual) {
      const pause = last === undefined ? -1 : atMs - last;
      first ??= atMs;
      last = atMs;
      // A clock that was set back measures nothing.
      if (pause < 0 || !usual) return;
      pauses += 1;
      const slot = Math.floor(atMs / slotMs);
      const current = longest.find((one) => one.slot === slot);
      if (current === undefined) longest.push({ slot, ms: pause });
      else current.ms = Math.max(current.ms, pause);
    },
    longestMs(nowMs) {
      longest = longest.filter(({ slot }) => Math.abs(Math.floor(nowMs / slotMs) - slot) <= slots);
      if (first === undefined || last === undefined || longest.length === 0) return undefined;
      if (pauses < minPauses || last - first < minObservedMs) return undefined;
      return longest.reduce((most, { ms }) => Math.max(most, ms), 0);
    },
    lastMs: () => last,
  };
}
