// Events that are probably one, worded differently: a hint for who looks into it, never a proof.
import type { EventFacts } from '../backfill/log-reader.ts';

/** Each event of `left` and of `right` is in one pair at most: of those of one time and one user, in their order. */
export function probablySame(left: readonly EventFacts[], right: readonly EventFacts[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  const waiting = new Map<string, string[]>();
  for (const event of right) {
    const key = keyOf(event);
    if (key !== undefined) waiting.set(key, [...(waiting.get(key) ?? []), event.id]);
  }
  for (const event of left) {
    const key = keyOf(event);
    const other = key === undefined ? undefined : waiting.get(key)?.shift();
    if (other === undefined) continue;
    pairs.set(event.id, other);
    pairs.set(other, event.id);
  }
  return pairs;
}

const keyOf = ({ timeMs, user }: EventFacts): string | undefined =>
  timeMs === undefined ? undefined : `${timeMs} ${user ?? ''}`;
