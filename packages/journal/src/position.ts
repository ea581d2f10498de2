// The schema of a position on disk, and the bodies that it leaves unsettled.
import { countSettledRanges, maxSettledRanges, type Position, type SettledBody } from '@xiq-siem/core';
import { z } from 'zod';

const sequence = z.int().min(1);
const count = z.int().min(0);

const wholeBodies = z
  .object({ sequence, toSequence: sequence.optional(), elements: z.literal('all') })
  .refine((run) => run.toSequence === undefined || run.toSequence > run.sequence, 'a run of less than two bodies');
const partOfBody = z.object({ sequence, elements: z.array(z.tuple([count, count])) });

export const positionSchema = z.object({
  sequence,
  settled: z
    .array(z.union([wholeBodies, partOfBody]))
    .refine(
      (settled) => countSettledRanges(settled) <= maxSettledRanges,
      `more than ${maxSettledRanges} settled ranges`,
    )
    .refine(isAscending, 'settled bodies that do not ascend'),
  counters: z.object({
    normalized: count,
    delivered: count,
    degraded: count,
    duplicate: count,
    deadLettered: count,
    filtered: count,
    damaged: count,
  }),
});

function isAscending(settled: readonly SettledBody[]): boolean {
  let last = 0;
  for (const one of settled) {
    if (one.sequence <= last) return false;
    last = lastOf(one);
  }
  return true;
}

function lastOf({ sequence, toSequence }: SettledBody): number {
  return toSequence ?? sequence;
}

/** The sequence after all bodies that a position names. */
export function endOfPosition({ sequence, settled }: Position): number {
  const last = settled.at(-1);
  return last === undefined ? sequence : Math.max(sequence, lastOf(last) + 1);
}

/** Counts the bodies between two sequences, both inclusive, that are not fully settled. */
export function unsettledIn(position: Position, fromSequence: number, toSequence: number): number {
  const first = Math.max(fromSequence, position.sequence);
  let unsettled = Math.max(0, toSequence - first + 1);
  for (const one of position.settled) {
    if (one.elements !== 'all') continue;
    unsettled -= Math.max(0, Math.min(lastOf(one), toSequence) - Math.max(one.sequence, first) + 1);
  }
  return unsettled;
}
