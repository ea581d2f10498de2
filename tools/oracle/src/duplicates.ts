// Decides for each further copy of an event whether a fault explains it.
import type { Arrived, Copy } from './arrivals.ts';

/** A restart or a changed file: copies that were confirmed up to `windowMs` before it may be sent again after it. */
export interface Disturbance {
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
  readonly windowMs: number;
  /** Default: all. */
  readonly destination?: string;
}

/** A server may store a request this long after the process that sent it was killed. */
const lateMs = 1_000;

export interface CopiesOf {
  readonly wrong: readonly Copy[];
  /** Sent again because they were not confirmed, since the last disturbance: `possibleDuplicates` must count these. */
  readonly unconfirmed: number;
}

export function evaluateCopies(elements: readonly Arrived[], name: string, all: readonly Disturbance[]): CopiesOf {
  const disturbances = all.filter(({ destination = name }) => destination === name);
  const since = Math.max(0, ...disturbances.map(({ at }) => at + lateMs));
  const wrong: Copy[] = [];
  let unconfirmed = 0;
  for (const { copies } of elements) {
    for (const [index, copy] of copies.entries()) {
      const before = copies[index - 1];
      if (before === undefined) continue;
      const isConfirmed = before.confirmedAt !== undefined && before.confirmedAt < copy.at;
      const explained = disturbances.some(
        ({ at, windowMs }) => at < copy.at && (before.confirmedAt ?? before.at) >= at - windowMs,
      );
      if (isConfirmed && !explained) wrong.push(copy);
      else if (!isConfirmed && before.at > since) unconfirmed += 1;
    }
  }
  return { wrong, unconfirmed };
}
