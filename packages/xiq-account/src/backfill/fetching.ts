// How logs are fetched by all that fetch them.
import type { XiqCloud } from '../cloud.ts';

const defaultSettleMinutes = 10;

/**
 * Age that a log entry has before it is read. `behindMs` as of `clockDifference`: by a clock that is behind, what we
 * take for old is young.
 */
export function settleMsOf({ subscriptions }: XiqCloud, behindMs: number): number {
  return (subscriptions?.settleMinutes ?? defaultSettleMinutes) * 60_000 + behindMs;
}

/** The events of a piece are read at a stretch: so many hold up what comes and goes for 40 ms at most. */
export const pieceLimits = { maxEvents: 2_500 } as const;
