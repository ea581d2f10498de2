// Folds repeated warnings and errors: the first is written at once, its repetitions as one line after a minute.
import type { LogAttributes } from '@xiq-siem/core';

export interface Fault {
  readonly level: 'warn' | 'error';
  readonly event: string;
  readonly attributes: LogAttributes;
}

/** A monotonic clock. */
export interface MonotonicClock {
  /** Milliseconds since an arbitrary time. */
  readonly now: () => number;
  /** Runs `callback` once after `ms`, without keeping the process alive. Returns a function that cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export interface FoldOptions {
  /** Writes a fault. Repetitions are the last fault with an attribute `repeated`. */
  readonly write: (fault: Fault) => void;
  readonly clock?: MonotonicClock | undefined;
  readonly windowMs?: number | undefined;
  /** Faults remembered at once; beyond this limit the repetitions of the oldest are written early. */
  readonly maxFaults?: number | undefined;
}

export interface FaultFolder {
  report(fault: Fault): void;
  /** Writes all pending repetitions at once. */
  flush(): void;
}

/** Two faults are the same if these attributes are equal; all others may differ. */
const identifying = [
  ...['destination', 'source', 'code', 'reason', 'kind', 'type', 'messageType'],
  ...['dataset', 'path', 'file', 'name'],
];

const monotonicClock: MonotonicClock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

interface Window {
  readonly endsAt: number;
  last: Fault;
  repeated: number;
}

export function foldFaults(options: FoldOptions): FaultFolder {
  const { write, clock: { now, after } = monotonicClock, windowMs = 60_000, maxFaults = 1_000 } = options;
  // All windows have the same length: the order of insertion is the order of their ends.
  const windows = new Map<string, Window>();
  let cancelTimer: (() => void) | undefined;

  function endWindow(key: string, { last, repeated }: Window): void {
    windows.delete(key);
    if (repeated > 0) write({ ...last, attributes: { ...last.attributes, repeated } });
  }
  function endExpiredWindows(): void {
    for (const [key, window] of windows) {
      if (window.endsAt > now()) return;
      endWindow(key, window);
    }
  }
  function onTimer(): void {
    cancelTimer = undefined;
    endExpiredWindows();
    const [next] = windows.values();
    if (next !== undefined) cancelTimer = after(Math.max(1, next.endsAt - now()), onTimer);
  }
  function reportFault(fault: Fault): void {
    endExpiredWindows();
    const key = keyOf(fault);
    const window = windows.get(key);
    if (window !== undefined) {
      window.last = fault;
      window.repeated += 1;
      return;
    }
    const [oldest] = windows;
    if (windows.size >= maxFaults && oldest !== undefined) endWindow(...oldest);
    windows.set(key, { endsAt: now() + windowMs, last: fault, repeated: 0 });
    cancelTimer ??= after(windowMs, onTimer);
    write(fault);
  }
  function flushFaults(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    for (const [key, window] of windows) endWindow(key, window);
  }
  return { report: reportFault, flush: flushFaults };
}

function keyOf({ level, event, attributes }: Fault): string {
  return JSON.stringify([level, event, ...identifying.map((name) => attributes[name] ?? null)]);
}
