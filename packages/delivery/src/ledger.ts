// What is settled, in whatever order, and how far the position may move.
import { maxSettledRanges, type Position, type PositionCounters, type SettledBody } from '@xiq-siem/core';
import { addRange, type Ranges, rangesHave } from './ranges.ts';

/** How an event came to rest. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly degraded?: boolean; readonly duplicate?: boolean }
  | { readonly kind: 'deadLettered' }
  | { readonly kind: 'filtered' };

export interface Ledger {
  /** False while one more event could make the position larger than its slot: settle some first. */
  canTake(): boolean;
  /** Begins a body, the one after the last. False if it was wholly settled before. */
  begin(sequence: number): boolean;
  /** Takes the next event of a body; elements ascend. False if it was settled before. */
  take(sequence: number, element: number): boolean;
  settle(sequence: number, element: number, outcome: Outcome): void;
  /** No more events of this body will be taken. `damaged`: there were more, which cannot be read. */
  end(sequence: number, damaged?: boolean): void;
  /** False while the span cannot be noted: settle what comes before it first. */
  canLose(fromSequence: number, toSequence: number): boolean;
  /** Gives up bodies (both ends inclusive); returns how many were not settled before. */
  lose(fromSequence: number, toSequence: number): number;
  /** Events taken and not yet settled. */
  open(): number;
  /** The sequence of the body to be read next. */
  next(): number;
  /** What can be looked at often. */
  summary(): { readonly sequence: number; readonly counters: PositionCounters; readonly open: number };
  /** What can be saved: `normalized` counts settled events only, so that a restart counts none twice. */
  position(): Position;
}

interface OpenBody {
  ranges: Ranges;
  lastTaken: number;
  open: number;
  ended: boolean;
  damaged: boolean;
  whole: boolean;
}

export function createLedger(start: Position): Ledger {
  const bodies = new Map<number, OpenBody>();
  const counters = { ...start.counters };
  let sequence = start.sequence;
  let next = start.sequence;
  let open = 0;
  let rangeCount = 0;

  const bodyOf = (at: number): OpenBody => {
    const known = bodies.get(at);
    if (known !== undefined) return known;
    const made = { ranges: [], lastTaken: -1, open: 0, ended: false, damaged: false, whole: false };
    bodies.set(at, made);
    return made;
  };
  const count = (outcome: keyof PositionCounters, events = 1) => {
    counters[outcome] += events;
  };
  const settleRange = (body: OpenBody, from: number, to: number) => {
    rangeCount -= body.ranges.length;
    addRange(body.ranges, from, to);
    rangeCount += body.ranges.length;
  };
  const makeWhole = (body: OpenBody) => {
    rangeCount += 1 - body.ranges.length;
    body.ranges = [];
    body.whole = true;
  };
  const advance = () => {
    while (bodies.get(sequence)?.whole) {
      bodies.delete(sequence++);
      rangeCount--;
    }
    next = Math.max(next, sequence);
  };
  const completeIfDone = (body: OpenBody) => {
    if (!body.ended || body.open > 0 || body.whole) return;
    if (body.damaged) {
      count('normalized');
      count('damaged');
    }
    makeWhole(body);
    advance();
  };

  for (const { sequence: at, elements } of start.settled) {
    if (at < sequence) continue;
    const body = bodyOf(at);
    if (elements === 'all') makeWhole(body);
    else for (const [from, to] of elements) settleRange(body, from, to);
  }
  advance();

  return {
    // Settling an event adds one range at most, and so may the gap before it.
    canTake: () => open === 0 || rangeCount + open + 2 <= maxSettledRanges,
    begin(at) {
      next = Math.max(next, at + 1);
      return at >= sequence && !bodyOf(at).whole;
    },
    take(at, element) {
      const body = bodyOf(at);
      if (element > body.lastTaken + 1) settleRange(body, body.lastTaken + 1, element - 1);
      body.lastTaken = Math.max(body.lastTaken, element);
      if (rangesHave(body.ranges, element)) return false;
      body.open++;
      open++;
      return true;
    },
    settle(at, element, outcome) {
      const body = bodyOf(at);
      body.open--;
      open--;
      settleRange(body, element, element);
      count('normalized');
      count(outcome.kind);
      if (outcome.kind === 'delivered' && outcome.degraded) count('degraded');
      if (outcome.kind === 'delivered' && outcome.duplicate) count('duplicate');
      completeIfDone(body);
    },
    end(at, damaged = false) {
      const body = bodyOf(at);
      body.ended = true;
      body.damaged = damaged;
      completeIfDone(body);
    },
    canLose: (from, to) => from <= sequence || rangeCount + open + (to - from + 1) <= maxSettledRanges,
    lose(from, to) {
      const first = Math.max(from, sequence);
      let lost = Math.max(0, to - first + 1);
      if (from <= sequence) {
        for (const [at, body] of bodies) {
          if (at > to) continue;
          if (body.whole) lost--;
          rangeCount -= body.whole ? 1 : body.ranges.length;
          bodies.delete(at);
        }
        sequence = Math.max(sequence, to + 1);
      } else {
        for (let at = first; at <= to; at++) {
          const body = bodyOf(at);
          if (body.whole) lost--;
          else makeWhole(body);
        }
      }
      count('normalized', lost);
      count('damaged', lost);
      next = Math.max(next, to + 1);
      advance();
      return lost;
    },
    open: () => open,
    next: () => next,
    summary: () => ({ sequence, counters, open }),
    position() {
      const settled: SettledBody[] = [];
      for (const [at, { whole, ranges }] of [...bodies].sort(([a], [b]) => a - b)) {
        if (whole) settled.push({ sequence: at, elements: 'all' });
        else if (ranges.length > 0) settled.push({ sequence: at, elements: ranges.map(([from, to]) => [from, to]) });
      }
      return { sequence, settled, counters: { ...counters } };
    },
  };
}
