// What became of entries that are no longer open: how, when and by whom, for as long as their events can be asked for.
import type { ResolvedDeadLetter } from './dead-letters.ts';
import type { ResolutionRecord } from './records.ts';

interface StoredResolution extends Omit<ResolutionRecord, 'kind' | 'entries' | 'copyOf'> {
  readonly at: number;
  readonly bytes: number;
  readonly newestBody: number;
  /** Four numbers for each entry, as in the record. */
  readonly entries: Float64Array;
}

const entryWidth = 4;

export type ResolutionHistory = ReturnType<typeof resolutionHistory>;

export function resolutionHistory() {
  const stored = new Map<number, StoredResolution>();
  let bytes = 0;

  function remove(original: number): void {
    bytes -= stored.get(original)?.bytes ?? 0;
    stored.delete(original);
  }

  /** All of these bodies, in no order. */
  function* from(firstBody: number, lastBody = Number.POSITIVE_INFINITY): Generator<ResolvedDeadLetter> {
    for (const { destination, code, entries, how, atMs, by, newestBody } of stored.values()) {
      if (newestBody < firstBody) continue;
      for (let at = 0; at < entries.length; at += entryWidth) {
        const sequence = entries[at + 1] ?? 0;
        if (sequence < firstBody || sequence > lastBody) continue;
        const [number = 0, , element = 0, lastAttemptMs = 0] = entries.subarray(at, at + entryWidth);
        yield { number, destination, code, sequence, element, lastAttemptMs, resolved: { how, atMs, by } };
      }
    }
  }

  return {
    add({ kind: _, entries, copyOf, ...resolution }: ResolutionRecord, at: number, recordBytes: number): void {
      const original = copyOf ?? at;
      // Removed first, so that those of one log stand in the same order after it was read anew.
      remove(original);
      const newestBody = entries.reduce((newest, [, sequence]) => Math.max(newest, sequence), 0);
      const rows = Float64Array.from(entries.flat());
      stored.set(original, { ...resolution, entries: rows, at, bytes: recordBytes, newestBody });
      bytes += recordBytes;
    },
    /** Newest first. */
    find: (sequence: number, element?: number): readonly ResolvedDeadLetter[] =>
      [...from(sequence, sequence)]
        .filter((found) => (element ?? found.element) === found.element)
        .sort((a, b) => b.resolved.atMs - a.resolved.atMs),
    from,
    /** Where the resolution that was first written at `original` stands in the log; none where it is not needed any more. */
    locate: (original: number): number | undefined => stored.get(original)?.at,
    /** Infinity where there is none. */
    firstLocation: (): number =>
      [...stored.values()].reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY),
    /** Of the records of all that are stored. */
    bytes: () => bytes,
    /** Forgets resolutions of bodies before `firstBody` alone, and the oldest beyond `maxBytes`. */
    forget(firstBody: number, maxBytes: number): void {
      for (const [original, { newestBody }] of stored) {
        if (newestBody < firstBody || bytes > maxBytes) remove(original);
      }
    },
  };
}
