// How many health events are made in an hour: those beyond it are counted, and reported as one number afterwards.
import { type HealthEvent, newHealthEvent } from './health-event.ts';
import { hourMs } from './watch.ts';

/** Admin calls have a share of their own: neither they nor the others can silence one another. */
const maxAnHour = 100;
/** Of one action and subject: something that comes and goes all the time. */
const maxOfSubject = 12;

export function createBudget(startMs: number) {
  let hourFromMs = startMs;
  const made = new Map<string, number>();
  const leftOut = new Map<string, number>();
  let isHourOver = false;

  const takeOne = (share: string, most: number): boolean => {
    const count = (made.get(share) ?? 0) + 1;
    if (count <= most) made.set(share, count);
    return count <= most;
  };

  const turn = (atMs: number): void => {
    // A clock that was set back begins an hour anew.
    if (atMs >= hourFromMs && atMs - hourFromMs < hourMs) return;
    hourFromMs = atMs;
    made.clear();
    isHourOver = true;
  };

  return {
    /** Whether it may be made now. */
    take({ action, subject }: HealthEvent, atMs: number): boolean {
      turn(atMs);
      if (action === 'heartbeat' || action === 'health-events-dropped') return true;
      if (action === 'admin-call') return takeOne(action, maxAnHour);
      return takeOne(`${action} ${subject}`, maxOfSubject) && takeOne('others', maxAnHour);
    },
    leaveOut({ action }: HealthEvent): void {
      leftOut.set(action, (leftOut.get(action) ?? 0) + 1);
    },
    /** Once after each hour: how many were left out. */
    leftOut(atMs: number): readonly HealthEvent[] {
      turn(atMs);
      if (!isHourOver) return [];
      isHourOver = false;
      const counts = [...leftOut];
      leftOut.clear();
      const count = counts.reduce((total, [, times]) => total + times, 0);
      const codes = counts.map(([action, times]) => `${action}=${times}`);
      return count === 0
        ? []
        : [newHealthEvent('health-events-dropped', 'connector', atMs, { attributes: { count, codes } })];
    },
  };
}
