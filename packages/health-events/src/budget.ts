// How much is said in an hour: what goes beyond is counted, and said as one number when the hour is over.
import { hourMs } from './growth.ts';
import type { Signal } from './signal.ts';

/** Admin calls have an hour's share of their own: neither they nor the others can silence one another. */
const maxAnHour = { adminCalls: 100, others: 100 };
/** Of one kind about one subject: something that comes and goes all the time. */
const maxOfSubject = 12;

export interface Budget {
  /** Whether there is room for it. */
  take(signal: Signal, atMs: number): boolean;
  /** What was left out in the hours that are over, by action. */
  over(atMs: number): ReadonlyMap<string, number> | undefined;
  /** It could not be said, for whatever reason. */
  leftOut(signal: Signal): void;
}

export function createBudget(startMs: number): Budget {
  let hourFromMs = startMs;
  const said = { adminCalls: 0, others: 0 };
  const bySubject = new Map<string, number>();
  let leftOut = new Map<string, number>();
  let lastHours = new Map<string, number>();

  const turn = (atMs: number): void => {
    // A clock that was set back begins an hour anew.
    if (atMs >= hourFromMs && atMs - hourFromMs < hourMs) return;
    hourFromMs = atMs;
    said.adminCalls = said.others = 0;
    bySubject.clear();
    for (const [action, count] of leftOut) lastHours.set(action, (lastHours.get(action) ?? 0) + count);
    leftOut = new Map();
  };

  return {
    take({ action, subject }, atMs) {
      turn(atMs);
      if (action === 'heartbeat' || action === 'signals-left-out') return true;
      const share = action === 'admin-call' ? 'adminCalls' : 'others';
      const key = `${action} ${subject}`;
      const ofSubject = bySubject.get(key) ?? 0;
      if (said[share] >= maxAnHour[share] || (share === 'others' && ofSubject >= maxOfSubject)) return false;
      said[share] += 1;
      bySubject.set(key, ofSubject + 1);
      return true;
    },
    over(atMs) {
      turn(atMs);
      if (lastHours.size === 0) return undefined;
      const taken = lastHours;
      lastHours = new Map();
      return taken;
    },
    leftOut({ action }) {
      leftOut.set(action, (leftOut.get(action) ?? 0) + 1);
    },
  };
}
