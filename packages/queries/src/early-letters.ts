// Dead letters that lie on disk before the position counts their events.
import type { Position } from '@xiq-siem/core';
import type { DeadLetterReading } from '@xiq-siem/state';
import { isSettled } from './settled.ts';

/** More than what is appended between two saves of a position. */
const maxLooked = 10_000;
const never = new AbortController().signal;

/**
 * How many open ones of a destination there are, `most` at most. The entry comes first and the position after it, so that
 * a crash, or a look in between, finds more entries than are counted: they are the newest.
 */
export async function earlyLetters(
  deadLetters: Pick<DeadLetterReading, 'matching' | 'read'>,
  destination: string,
  position: Position | undefined,
  most: number,
): Promise<number> {
  const newest = deadLetters.matching({ destination }).slice(-Math.min(most * 2, maxLooked));
  let found = 0;
  for await (const letters of deadLetters.read(newest, never)) {
    for (const { sequence, element } of letters) {
      if (position === undefined || !isSettled(position, sequence, element)) found += 1;
    }
  }
  return Math.min(found, most);
}
