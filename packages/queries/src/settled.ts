// What a position says of one body or element.
import type { Position } from '@xiq-siem/core';

/** Whether an element has come to rest at the destination of this position. */
export function isSettled({ sequence, settled }: Position, ofSequence: number, element: number): boolean {
  if (ofSequence < sequence) return true;
  return settled.some((one) => {
    if (one.elements === 'all') return ofSequence >= one.sequence && ofSequence <= (one.toSequence ?? one.sequence);
    return one.sequence === ofSequence && one.elements.some(([from, to]) => element >= from && element <= to);
  });
}

/** Bodies before `nextSequence` that are not wholly settled. */
export function unsettledBodies({ sequence, settled }: Position, nextSequence: number): number {
  const behind = settled.reduce((sum, one) => {
    if (one.elements !== 'all') return sum;
    const first = Math.max(one.sequence, sequence);
    const next = Math.min((one.toSequence ?? one.sequence) + 1, nextSequence);
    return sum + Math.max(0, next - first);
  }, 0);
  return Math.max(0, nextSequence - sequence) - behind;
}
