// Counts the bodies that a destination has not settled.
import type { ReadableBodyLog } from './body-log.ts';
import type { Position } from './stages.ts';

/** Number of bodies up to the end of the log that are not completely settled. */
export function unsettledBodies(
  { sequence, settled }: Pick<Position, 'sequence' | 'settled'>,
  log: Pick<ReadableBodyLog, 'countBodies'>,
): number {
  return settled.reduce((sum, one) => {
    if (one.elements !== 'all') return sum;
    return sum - log.countBodies(Math.max(one.sequence, sequence), one.toSequence ?? one.sequence);
  }, log.countBodies(sequence));
}
