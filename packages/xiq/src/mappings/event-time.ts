// Chooses the time of an event: the first credible one of the times that the sender gave.
import type { JsonValue } from '@xiq-siem/core';
import type { Reading } from '../read/read-fields.ts';
import type { Moment } from '../read/time.ts';

export interface EventTime {
  /** Undefined if no time of the sender is credible. Then the time of receipt is used. */
  readonly time: Moment | undefined;
  /** The value of the sender that is not used. Undefined if `time` is not, or if the sender gave no time. */
  readonly replaced: JsonValue | undefined;
}

/** Clocks differ: an event's time may be this much later than its receipt. */
const maxAheadMs = 10 * 60_000;
/** An earlier time is not credible: the product did not exist. */
const firstCredibleMs = Date.UTC(2015, 0, 1);

function momentOf({ values }: Reading, name: string): Moment | undefined {
  const value = values[name];
  return typeof value === 'object' && 'ms' in value ? value : undefined;
}

/** `names`: the fields that may have the time, by precedence. `unplaced`: those that have no other field in the document. */
export function chooseTime(
  names: readonly string[],
  unplaced: ReadonlySet<string>,
  reading: Reading,
  receivedAtMs: number,
): EventTime {
  const isCredible = (name: string): boolean => {
    const ms = momentOf(reading, name)?.ms ?? Number.NaN;
    return ms >= firstCredibleMs && ms <= receivedAtMs + maxAheadMs;
  };
  const credible = names.find(isCredible);
  const kept = credible ?? names.find((name) => reading.sentValue(name) !== undefined);
  const keptMs = kept === undefined ? undefined : momentOf(reading, kept)?.ms;
  for (const name of names) {
    if (unplaced.has(name) && momentOf(reading, name)?.ms !== keptMs) reading.moveToExtra(name);
  }
  return credible === undefined
    ? { time: undefined, replaced: kept === undefined ? undefined : reading.sentValue(kept) }
    : { time: momentOf(reading, credible), replaced: undefined };
}
