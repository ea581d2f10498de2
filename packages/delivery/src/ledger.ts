// Records settled events in any order, and computes the position from them.
import { maxSettledRanges, type Position, type PositionCounters, type SettledBody } from '@xiq-siem/core';

/** How an event was settled. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly degraded?: boolean; readonly duplicate?: boolean }
  | { readonly kind: 'deadLettered' }
  | { readonly kind: 'filtered' };

/** A body that was started and is not settled. */
interface OpenBody {
  readonly ranges: Ranges;
  lastTaken: number;
  open: number;
  ended: boolean;
  damaged: boolean;
}

export type Ledger = ReturnType<typeof createLedger>;

/**
 * `maxAtRisk`: for how many unsettled events the position keeps capacity. If there are more, and they are settled in an
 * unusual order, the position may not fit into its slot for a while. Default: for all.
 */
export function createLedger(start: Position, maxAtRisk = Number.POSITIVE_INFINITY) {
  const bodies = new Map<number, OpenBody>();
  /** Settled bodies after the position, and the skipped sequences between two of them. */
  const settledBodies: Ranges = [];
  /** Other skipped sequences after the position: the last one of a range by its first, and the first by its last. */
  const skippedEnds = new Map<number, number>();
  const skippedStarts = new Map<number, number>();
  const counters = { ...start.counters };
  let sequence = start.sequence;
  let next = start.sequence;
  let open = 0;
  /** `countSettledRanges` of the position. */
  let rangeCount = 0;

  const bodyOf = (at: number): OpenBody => {
    const known = bodies.get(at);
    if (known !== undefined) return known;
    const created = { ranges: [], lastTaken: -1, open: 0, ended: false, damaged: false };
    bodies.set(at, created);
    return created;
  };
  const count = (outcome: keyof PositionCounters, events = 1) => {
    counters[outcome] += events;
  };
  const settleRange = ({ ranges }: OpenBody, from: number, to: number) => {
    rangeCount += 1 - addRange(ranges, from, to).replaced.length;
  };
  const advanceNext = (at: number) => {
    const from = Math.max(next, at);
    next = (rangeAt(settledBodies, from)?.[1] ?? from - 1) + 1;
  };
  const deleteSkipped = (from: number, to: number) => {
    skippedEnds.delete(from);
    skippedStarts.delete(to);
  };
  /** Also settles the skipped sequences before and after, if the bodies beyond them are settled: this joins ranges. */
  const markSettled = (first: number, last: number) => {
    let [from, to] = [first, last];
    const start = skippedStarts.get(first - 1);
    if (start !== undefined && rangesHave(settledBodies, start - 1)) {
      deleteSkipped(start, first - 1);
      from = start;
    }
    const end = skippedEnds.get(last + 1);
    if (end !== undefined && rangesHave(settledBodies, end + 1)) {
      deleteSkipped(last + 1, end);
      to = end;
    }
    const { added, replaced } = addRange(settledBodies, from, to);
    rangeCount = replaced.reduce((sum, run) => sum - costOf(run), rangeCount + costOf(added));
    for (let [run] = settledBodies; run !== undefined && run[0] <= sequence; [run] = settledBodies) {
      sequence = run[1] + 1;
      rangeCount -= costOf(run);
      settledBodies.shift();
      const skippedEnd = skippedEnds.get(sequence);
      if (skippedEnd === undefined) continue;
      deleteSkipped(sequence, skippedEnd);
      sequence = skippedEnd + 1;
    }
    advanceNext(sequence);
  };
  /** The next body has sequence `at`, so no body has the sequences from `next` to `at - 1`. */
  const skipTo = (at: number) => {
    const [from, to] = [next, at - 1];
    if (to < from) return;
    if (from <= sequence || (rangesHave(settledBodies, from - 1) && rangesHave(settledBodies, at)))
      return markSettled(from, to);
    skippedEnds.set(from, to);
    skippedStarts.set(to, from);
  };
  const deleteBody = (at: number, { ranges }: OpenBody) => {
    rangeCount -= ranges.length;
    bodies.delete(at);
  };
  const completeIfDone = (at: number, body: OpenBody) => {
    if (!body.ended || body.open > 0) return;
    if (body.damaged) {
      count('normalized');
      count('damaged');
    }
    deleteBody(at, body);
    markSettled(at, at);
  };

  for (const { sequence: at, toSequence = at, elements } of start.settled) {
    if (toSequence < start.sequence) continue;
    if (elements === 'all') markSettled(Math.max(at, start.sequence), toSequence);
    else for (const [from, to] of elements) settleRange(bodyOf(at), from, to);
  }

  const takeEvent = (at: number, element: number): boolean => {
    const body = bodyOf(at);
    if (element > body.lastTaken + 1) settleRange(body, body.lastTaken + 1, element - 1);
    body.lastTaken = Math.max(body.lastTaken, element);
    if (rangesHave(body.ranges, element)) return false;
    body.open++;
    open++;
    return true;
  };
  const settleEvent = (at: number, element: number, outcome: Outcome) => {
    const body = bodyOf(at);
    body.open--;
    open--;
    settleRange(body, element, element);
    count('normalized');
    count(outcome.kind);
    if (outcome.kind === 'delivered' && outcome.degraded) count('degraded');
    if (outcome.kind === 'delivered' && outcome.duplicate) count('duplicate');
    completeIfDone(at, body);
  };
  const markSpanLost = (from: number, to: number, bodyCount = 1): number => {
    skipTo(from);
    const first = Math.max(from, sequence);
    if (to < first) return 0;
    const lost = Math.min(bodyCount, to - first + 1 - countIn(settledBodies, first, to));
    for (const [at, body] of bodies) if (at >= first && at <= to) deleteBody(at, body);
    count('normalized', lost);
    count('damaged', lost);
    markSettled(first, to);
    advanceNext(to + 1);
    return lost;
  };

  function currentPosition(): Position {
    const settled = settledBodies.map(([from, to]): SettledBody => {
      return from === to ? { sequence: from, elements: 'all' } : { sequence: from, toSequence: to, elements: 'all' };
    });
    for (const [at, { ranges }] of bodies) {
      if (ranges.length > 0) settled.push({ sequence: at, elements: ranges.map(([from, to]) => [from, to]) });
    }
    settled.sort((one, other) => one.sequence - other.sequence);
    return { sequence, settled, counters: { ...counters } };
  }

  const hasRangesFor = (unsettled: number) => rangeCount + Math.min(unsettled, maxAtRisk) + 2 <= maxSettledRanges;

  return {
    /** False if one more event could make the position larger than its slot. Settling an event adds at most 2 ranges. */
    canTake: () => open === 0 || hasRangesFor(open),
    /** Whether the position fits into its slot. */
    fits: () => rangeCount <= maxSettledRanges,
    /** Starts the next body. False if it is settled. */
    startBody(at: number): boolean {
      skipTo(at);
      advanceNext(at + 1);
      return at >= sequence && !rangesHave(settledBodies, at);
    },
    /** Takes the next event of a body, in ascending order of elements. False if it is settled. */
    take: takeEvent,
    settle: settleEvent,
    /** Ends a body. `damaged`: its remaining events cannot be read. */
    endBody(at: number, damaged = false) {
      const body = bodyOf(at);
      body.ended = true;
      body.damaged = damaged;
      completeIfDone(at, body);
    },
    /** False if a span from `from` on does not fit into the position: settle earlier events first. */
    canMarkLost: (from: number) => from <= sequence || hasRangesFor(open),
    /**
     * Marks a span (both ends inclusive) of `bodyCount` bodies as lost. None of them was started. Returns the number of
     * bodies that were not settled; with skipped sequences, this is the maximum.
     */
    markLost: markSpanLost,
    /** Unsettled events. */
    open: () => open,
    /** The sequence to read next. */
    next: () => next,
    /** Cheap to read, unlike `position`. */
    summary: (): { readonly sequence: number; readonly counters: PositionCounters; readonly open: number } => ({
      sequence,
      counters,
      open,
    }),
    /** The position to save. Its `normalized` counts settled events only, so a restart counts no event twice. */
    position: currentPosition,
  };
}

/** What a range of settled bodies counts towards `maxSettledRanges`. */
function costOf([from, to]: Range): number {
  return from === to ? 1 : 2;
}

/** A set of integers as ascending ranges that do not touch. */
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

/** The range that contains `value`. */
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

/** Adds `from` to `to`, both inclusive, and joins touching ranges. Returns the new range and those that it replaces. */
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
