// What became of entries that are open no more: how, when and by whom, for as long as their events can be asked for.
import type { ResolvedDeadLetter } from './dead-letters.ts';
import type { ResolutionRecord } from './records.ts';

export interface ResolutionHistory {
  add(record: ResolutionRecord, at: number, bytes: number): void;
  /** Newest first. */
  find(sequence: number, element?: number): readonly ResolvedDeadLetter[];
  /** All of bodies from a sequence on, in no order. */
  from(sequence: number): Iterable<Pick<ResolvedDeadLetter, 'destination' | 'sequence' | 'element' | 'resolved'>>;
  /** Where the resolution that was first written at `original` stands in the log; none where it is needed no more. */
  locate(original: number): number | undefined;
  firstLocation(): number | undefined;
  /** Of the records of all that are kept. */
  bytes(): number;
  /** Forgets resolutions of bodies before `firstBody` alone, and the oldest beyond `maxBytes`. */
  forget(firstBody: number, maxBytes: number): void;
}

interface Kept extends Omit<ResolutionRecord, 'kind' | 'entries' | 'copyOf'> {
  readonly at: number;
  readonly bytes: number;
  readonly newestBody: number;
  /** Four numbers for each entry, as in the record. */
  readonly entries: Float64Array;
}

const entryWidth = 4;

export function resolutionHistory(): ResolutionHistory {
  const kept = new Map<number, Kept>();
  let bytes = 0;

  function remove(original: number): void {
    bytes -= kept.get(original)?.bytes ?? 0;
    kept.delete(original);
  }

  return {
    add({ how, destination, code, entries, atMs, by, copyOf }, at, recordBytes) {
      const original = copyOf ?? at;
      // Removed first, so that those of one log stand in the same order after it was read anew.
      remove(original);
      const newestBody = entries.reduce((newest, [, sequence]) => Math.max(newest, sequence), 0);
      const rows = Float64Array.from(entries.flat());
      kept.set(original, { how, destination, code, entries: rows, atMs, by, at, bytes: recordBytes, newestBody });
      bytes += recordBytes;
    },
    find(sequence, element) {
      const found: ResolvedDeadLetter[] = [];
      for (const { destination, code, entries, how, atMs, by } of kept.values()) {
        for (let at = 0; at < entries.length; at += entryWidth) {
          if (entries[at + 1] !== sequence || (element ?? entries[at + 2]) !== entries[at + 2]) continue;
          const [number = 0, , ofElement = 0, lastAttemptMs = 0] = entries.subarray(at, at + entryWidth);
          const resolved = { how, atMs, by };
          found.push({ number, destination, code, sequence, element: ofElement, lastAttemptMs, resolved });
        }
      }
      return found.sort((a, b) => b.resolved.atMs - a.resolved.atMs);
    },
    *from(sequence) {
      for (const { destination, entries, how, atMs, by, newestBody } of kept.values()) {
        if (newestBody < sequence) continue;
        for (let at = 0; at < entries.length; at += entryWidth) {
          const [, ofBody = 0, element = 0] = entries.subarray(at, at + entryWidth);
          if (ofBody >= sequence) yield { destination, sequence: ofBody, element, resolved: { how, atMs, by } };
        }
      }
    },
    locate: (original) => kept.get(original)?.at,
    firstLocation: () =>
      kept.size === 0
        ? undefined
        : [...kept.values()].reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY),
    bytes: () => bytes,
    forget(firstBody, maxBytes) {
      for (const [original, { newestBody }] of kept) {
        if (newestBody < firstBody || bytes > maxBytes) remove(original);
      }
    },
  };
}
