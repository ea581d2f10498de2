// Folds what goes wrong again and again: the first is told at once, the others as one number when the minute is over.
import type { LogAttributes } from '@xiq-siem/core';

export interface Fault {
  readonly level: 'warn' | 'error';
  readonly event: string;
  readonly attributes: LogAttributes;
}

/** A clock that nobody sets. */
export interface SteadyClock {
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** Runs `what` once after `ms`, and keeps no process alive for it; gives what calls it off. */
  readonly after: (ms: number, what: () => void) => () => void;
}

export interface FoldOptions {
  /** Writes a fault, or its repetitions as a fact `repeated`. */
  readonly write: (fault: Fault) => void;
  readonly clock?: SteadyClock | undefined;
  readonly windowMs?: number | undefined;
  /** Faults remembered at once; beyond, the oldest is told early. */
  readonly maxFaults?: number | undefined;
}

export interface FaultFold {
  tell(fault: Fault): void;
  /** Tells at once what was held back. What comes later is folded anew. */
  flush(): void;
}

/** The facts that make two faults the same one; all others may differ from one to the next. */
const identifying = [
  ...['destination', 'source', 'code', 'reason', 'kind', 'type', 'messageType'],
  ...['dataset', 'path', 'file', 'name'],
];

const steadyClock: SteadyClock = {
  now: () => performance.now(),
  after(ms, what) {
    const timer = setTimeout(what, ms).unref();
    return () => clearTimeout(timer);
  },
};

interface Window {
  readonly endsAt: number;
  last: Fault;
  repeated: number;
}

export function foldFaults(options: FoldOptions): FaultFold {
  const { write, clock: { now, after } = steadyClock, windowMs = 60_000, maxFaults = 1_000 } = options;
  // All windows are of one length, so that the order of insertion is that of their ends.
  const windows = new Map<string, Window>();
  let callOff: (() => void) | undefined;

  const end = (key: string, { last, repeated }: Window): void => {
    windows.delete(key);
    if (repeated > 0) write({ ...last, attributes: { ...last.attributes, repeated } });
  };
  const endOver = (): void => {
    for (const [key, window] of windows) {
      if (window.endsAt > now()) return;
      end(key, window);
    }
  };
  const wake = (): void => {
    callOff = undefined;
    endOver();
    const [next] = windows.values();
    if (next !== undefined) callOff = after(Math.max(1, next.endsAt - now()), wake);
  };

  return {
    tell(fault) {
      endOver();
      const key = keyOf(fault);
      const window = windows.get(key);
      if (window !== undefined) {
        window.last = fault;
        window.repeated += 1;
        return;
      }
      const [oldest] = windows;
      if (windows.size >= maxFaults && oldest !== undefined) end(...oldest);
      windows.set(key, { endsAt: now() + windowMs, last: fault, repeated: 0 });
      callOff ??= after(windowMs, wake);
      write(fault);
    },
    flush() {
      callOff?.();
      callOff = undefined;
      for (const [key, window] of windows) end(key, window);
    },
  };
}

function keyOf({ level, event, attributes }: Fault): string {
  return JSON.stringify([level, event, ...identifying.map((name) => attributes[name] ?? null)]);
}
