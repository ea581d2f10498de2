// What is settled, in whatever order, and how far the position may move.
import { maxSettledRanges, type Position, type PositionCounters, type SettledBody } from '@xiq-siem/core';

/** How an event was settled. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly degraded?: boolean; readonly duplicate?: boolean }
  | { readonly kind: 'deadLettered' }
  | { readonly kind: 'filtered' };

/** A body of which some elements are taken or settled, but not all are settled. */
interface OpenBody {
  readonly ranges: Ranges;
  lastTaken: number;
  open: number;
  ended: boolean;
  damaged: boolean;
}

export type Ledger = ReturnType<typeof createLedger>;

export function createLedger(start: Position) {
  const bodies = new Map<number, OpenBody>();
  /** Sequences of the bodies after the position that are wholly settled, and those between two of them that no body has. */
  const whole: Ranges = [];
  /** Other sequences behind the position that no body has: the last of a range by its first, and the first by its last. */
  const holeEnds = new Map<number, number>();
  const holeStarts = new Map<number, number>();
  const counters = { ...start.counters };
  let sequence = start.sequence;
  let next = start.sequence;
  let open = 0;
  /** What `settledRangesIn` gives of the position. */
  let rangeCount = 0;

  const bodyOf = (at: number): OpenBody => {
    const known = bodies.get(at);
    if (known !== undefined) return known;
    const made = { ranges: [], lastTaken: -1, open: 0, ended: false, damaged: false };
    bodies.set(at, made);
    return made;
  };
  const count = (outcome: keyof PositionCounters, events = 1) => {
    counters[outcome] += events;
  };
  const settleRange = ({ ranges }: OpenBody, from: number, to: number) => {
    rangeCount += 1 - addRange(ranges, from, to).replaced.length;
  };
  const advanceNext = (at: number) => {
    const from = Math.max(next, at);
    next = (rangeAt(whole, from)?.[1] ?? from - 1) + 1;
  };
  const takeHole = (from: number, to: number) => {
    holeEnds.delete(from);
    holeStarts.delete(to);
  };
  /** With the holes before and after, where what is beyond them is settled too: runs stay few, whatever lies between bodies. */
  const markSettled = (first: number, last: number) => {
    let [from, to] = [first, last];
    const start = holeStarts.get(first - 1);
    if (start !== undefined && rangesHave(whole, start - 1)) {
      takeHole(start, first - 1);
      from = start;
    }
    const end = holeEnds.get(last + 1);
    if (end !== undefined && rangesHave(whole, end + 1)) {
      takeHole(last + 1, end);
      to = end;
    }
    const { added, replaced } = addRange(whole, from, to);
    rangeCount = replaced.reduce((sum, run) => sum - costOf(run), rangeCount + costOf(added));
    for (let [run] = whole; run !== undefined && run[0] <= sequence; [run] = whole) {
      sequence = run[1] + 1;
      rangeCount -= costOf(run);
      whole.shift();
      const hole = holeEnds.get(sequence);
      if (hole === undefined) continue;
      takeHole(sequence, hole);
      sequence = hole + 1;
    }
    advanceNext(sequence);
  };
  /** What comes after all that was read begins there: no body has the sequences before it. */
  const skipTo = (at: number) => {
    const [from, to] = [next, at - 1];
    if (to < from) return;
    if (from <= sequence || (rangesHave(whole, from - 1) && rangesHave(whole, at))) return markSettled(from, to);
    holeEnds.set(from, to);
    holeStarts.set(to, from);
  };
  const drop = (at: number, { ranges }: OpenBody) => {
    rangeCount -= ranges.length;
    bodies.delete(at);
  };
  const completeIfDone = (at: number, body: OpenBody) => {
    if (!body.ended || body.open > 0) return;
    if (body.damaged) {
      count('normalized');
      count('damaged');
    }
    drop(at, body);
    markSettled(at, at);
  };

  for (const { sequence: at, toSequence = at, elements } of start.settled) {
    if (toSequence < start.sequence) continue;
    if (elements === 'all') markSettled(Math.max(at, start.sequence), toSequence);
    else for (const [from, to] of elements) settleRange(bodyOf(at), from, to);
  }

  return {
    /** False while one more event could make the position larger than its slot: settle some first. */
    // Settling an event adds one range at most, and so may the gap before it.
    canTake: () => open === 0 || rangeCount + open + 2 <= maxSettledRanges,
    /** Begins a body, the one after the last. False if it was wholly settled before. */
    begin(at: number): boolean {
      skipTo(at);
      advanceNext(at + 1);
      return at >= sequence && !rangesHave(whole, at);
    },
    /** Takes the next event of a body; elements ascend. False if it was settled before. */
    take(at: number, element: number): boolean {
      const body = bodyOf(at);
      if (element > body.lastTaken + 1) settleRange(body, body.lastTaken + 1, element - 1);
      body.lastTaken = Math.max(body.lastTaken, element);
      if (rangesHave(body.ranges, element)) return false;
      body.open++;
      open++;
      return true;
    },
    settle(at: number, element: number, outcome: Outcome) {
      const body = bodyOf(at);
      body.open--;
      open--;
      settleRange(body, element, element);
      count('normalized');
      count(outcome.kind);
      if (outcome.kind === 'delivered' && outcome.degraded) count('degraded');
      if (outcome.kind === 'delivered' && outcome.duplicate) count('duplicate');
      completeIfDone(at, body);
    },
    /** No more events of this body will be taken. `damaged`: there were more, which cannot be read. */
    end(at: number, damaged = false) {
      const body = bodyOf(at);
      body.ended = true;
      body.damaged = damaged;
      completeIfDone(at, body);
    },
    /** False while a span from there on cannot be noted: settle what comes before it first. */
    canMarkLost: (from: number) => from <= sequence || rangeCount + open + 2 <= maxSettledRanges,
    /**
     * Gives up a span (both ends inclusive) of so many bodies, none of which was begun; one where that is not known.
     * Returns how many were not settled before; where some were, and sequences are left out, at most that.
     */
    markLost(from: number, to: number, bodyCount = 1): number {
      skipTo(from);
      const first = Math.max(from, sequence);
      if (to < first) return 0;
      const lost = Math.min(bodyCount, to - first + 1 - countIn(whole, first, to));
      for (const [at, body] of bodies) if (at >= first && at <= to) drop(at, body);
      count('normalized', lost);
      count('damaged', lost);
      markSettled(first, to);
      advanceNext(to + 1);
      return lost;
    },
    /** Events taken and not yet settled. */
    open: () => open,
    /** Where to read on: after the last body begun, and what is wholly settled behind it. */
    next: () => next,
    /** What can be read often. */
    summary: (): { readonly sequence: number; readonly counters: PositionCounters; readonly open: number } => ({
      sequence,
      counters,
      open,
    }),
    /** What can be saved: `normalized` counts settled events only, so that a restart counts none twice. */
    position(): Position {
      const settled = whole.map(([from, to]): SettledBody => {
        return from === to ? { sequence: from, elements: 'all' } : { sequence: from, toSequence: to, elements: 'all' };
      });
      for (const [at, { ranges }] of bodies) {
        if (ranges.length > 0) settled.push({ sequence: at, elements: ranges.map(([from, to]) => [from, to]) });
      }
      settled.sort((one, other) => one.sequence - other.sequence);
      return { sequence, settled, counters: { ...counters } };
    },
  };
}

/** What a run of wholly settled bodies takes of `maxSettledRanges`. */
function costOf([from, to]: Range): number {
  return from === to ? 1 : 2;
}

/** Sets of whole numbers as ascending ranges that do not touch. */
type Range = [from: number, to: number];
export type Ranges = Range[];
type ReadonlyRanges = readonly (readonly [from: number, to: number])[];

/** Index of the first range that ends at or after `value`. */
function firstEndingAt(ranges: ReadonlyRanges, value: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range !== undefined && range[1] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The range that holds `value`. */
function rangeAt(ranges: ReadonlyRanges, value: number): readonly [from: number, to: number] | undefined {
  const range = ranges[firstEndingAt(ranges, value)];
  return range !== undefined && range[0] <= value ? range : undefined;
}

export function rangesHave(ranges: ReadonlyRanges, value: number): boolean {
  return rangeAt(ranges, value) !== undefined;
}

/** How many numbers of `from` to `to`, both inclusive, are in the ranges. */
export function countIn(ranges: ReadonlyRanges, from: number, to: number): number {
  let count = 0;
  let index = firstEndingAt(ranges, from);
  for (let range = ranges[index]; range !== undefined && range[0] <= to; range = ranges[++index]) {
    count += Math.min(range[1], to) - Math.max(range[0], from) + 1;
  }
  return count;
}

/** Adds `from` to `to`, both inclusive, and joins what touches. Gives the range that now holds them, and those it replaces. */
export function addRange(
  ranges: Ranges,
  from: number,
  to: number,
): { readonly added: Range; readonly replaced: Ranges } {
  const start = firstEndingAt(ranges, from - 1);
  let end = start;
  let low = from;
  let high = to;
  for (let range = ranges[end]; range !== undefined && range[0] <= to + 1; range = ranges[++end]) {
    low = Math.min(low, range[0]);
    high = Math.max(high, range[1]);
  }
  const added: Range = [low, high];
  return { added, replaced: ranges.splice(start, end - start, added) };
}
