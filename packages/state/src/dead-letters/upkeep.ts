// Removes what is resolved: moves the position past it, and copies old open entries to the tail.
import type { Logger, PositionFile } from '@xiq-siem/core';
import type { Journal } from '@xiq-siem/journal';
import { type DeadLetterState, logPortions } from './dead-letter-state.ts';
import { type DeadLetterRecord, decodeRecord } from './records.ts';

interface UpkeepOptions {
  readonly journal: Journal;
  readonly position: PositionFile;
  readonly state: DeadLetterState;
  readonly log: Logger;
  readonly segmentBytes: number;
  /** One change of what is stored after the other; only new entries come in between. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves with the record's sequence once it is synced and counted in `state`. */
  readonly write: (record: DeadLetterRecord) => Promise<number>;
  /** Forgets what nobody can ask for any more. */
  readonly forget: () => void;
  /** A sequence that no record is below that is being written; Infinity where there is none. */
  readonly firstPending: () => number;
  /** Whether what is resolved should go earlier than usual. */
  readonly isTight: () => boolean;
}

export function createUpkeep(options: UpkeepOptions) {
  const { journal, position, state, log, segmentBytes, exclusively, write } = options;
  const { index, history } = state;
  const closing = new AbortController();
  let checking: Promise<void> | undefined;
  let checkAgain = false;
  /** What was wasted when the first open entry was last searched for, which takes a walk over all. */
  let wastedThen = 0;
  /** What compaction left: headers and the like. */
  let unavoidable = 0;
  let compacting: Promise<void> | undefined;

  const wasted = (): number => journal.extent().bytes - index.bytes() - history.bytes();
  const firstNeeded = (): number => Math.min(index.firstLocation(), history.firstLocation(), options.firstPending());

  /**
   * Writes the resolutions so far as one record, then the position: what stands before both is in it, or is not needed
   * any more. A crash between the two leaves a record too many.
   */
  async function removeResolved(): Promise<void> {
    const totalsAt = await write({ kind: 'totals', totals: state.totals() });
    const sequence = Math.min(firstNeeded(), totalsAt);
    if (sequence > position.position.sequence) await position.save({ ...position.position, sequence });
    await journal.maintain();
  }

  /** Whether a segment or more of resolved entries stands before the first record that is needed. */
  function canRemove(): boolean {
    if (!options.isTight() && Math.abs(wasted() - wastedThen) < segmentBytes / 4) return false;
    wastedThen = wasted();
    const { nextSequence, bytes } = journal.extent();
    const first = Math.min(firstNeeded(), nextSequence);
    return first > position.position.sequence && bytes - journal.bytesFrom(first) >= segmentBytes;
  }

  function needsCompaction(): boolean {
    const { bytes } = journal.extent();
    unavoidable = Math.min(unavoidable, wasted());
    return bytes > 4 * segmentBytes && wasted() - unavoidable > (options.isTight() ? bytes / 16 : bytes / 2);
  }

  /** What takes the place of a record, at the tail; none where it is not needed any more, or has been moved already. */
  function copyOf(record: DeadLetterRecord | undefined, at: number): DeadLetterRecord | undefined {
    if (record?.kind === 'entry') {
      const number = record.number ?? at;
      const from = index.origin(number) === 'run' ? 'run' : undefined;
      return index.locate(number) === at ? { ...record, number, replaces: undefined, from } : undefined;
    }
    if (record?.kind !== 'resolution') return undefined;
    const original = record.copyOf ?? at;
    return history.locate(original) === at ? { ...record, copyOf: original } : undefined;
  }

  /** Copies what is needed to the tail, oldest first, until little is wasted: each copy is synced before its original goes. */
  async function copyNeeded(isEnough: () => boolean): Promise<void> {
    const bytesBefore = journal.extent().bytes;
    const portions = logPortions(journal, closing.signal);
    let isEnd = false;
    let passedBytes = 0;
    try {
      while (!isEnd && !isEnough() && !closing.signal.aborted) {
        await exclusively(async () => {
          const { done, value: bodies } = await portions.next();
          isEnd = done === true;
          if (done === true) return;
          const copies = bodies.map(({ sequence, bytes }) => copyOf(decodeRecord(bytes), sequence));
          await Promise.all(copies.map((copy) => copy && write(copy)));
          passedBytes += bodies.reduce((sum, { bytes }) => sum + bytes.length, 0);
          if (passedBytes < segmentBytes) return;
          passedBytes = 0;
          await removeResolved();
        });
      }
      await exclusively(removeResolved);
      unavoidable = wasted();
    } finally {
      await portions.return(undefined);
    }
    log.info('dead_letters.compacted', { bytesBefore, bytes: journal.extent().bytes });
  }

  function compact(isEnough: () => boolean): Promise<void> {
    compacting ??= copyNeeded(isEnough).finally(() => {
      compacting = undefined;
    });
    return compacting;
  }

  async function checkNow(): Promise<void> {
    do {
      checkAgain = false;
      options.forget();
      if (canRemove()) await exclusively(removeResolved);
      if (needsCompaction()) await compact(() => wasted() < journal.extent().bytes / 32);
    } while (checkAgain && !closing.signal.aborted);
  }

  return {
    /** Checks whether there is enough to remove, in the background. Resolves when that is done; never rejects. */
    check(): Promise<void> {
      checkAgain = true;
      if (closing.signal.aborted) return Promise.resolve();
      checking ??= checkNow()
        .catch((error: unknown) => log.warn('dead_letters.upkeep_failed', { why: String(error) }))
        .finally(() => {
          checking = undefined;
        });
      return checking;
    },
    /** Resolves when nothing that could go is left. Rejects where the disk fails it: nothing is lost by that. */
    compact: () => compact(() => false),
    async close(): Promise<void> {
      closing.abort();
      await checking;
      await compacting?.catch(() => undefined);
    },
  };
}
