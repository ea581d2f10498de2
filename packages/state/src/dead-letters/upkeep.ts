// Lets go of what is resolved: moves the position over it, and moves old open entries out of its way.
import type { Logger, PositionFile } from '@xiq-siem/core';
import type { Journal } from '@xiq-siem/journal';
import type { DeadLetterState } from './dead-letter-state.ts';
import { type DeadLetterRecord, decodeRecord } from './records.ts';

export interface UpkeepOptions {
  readonly journal: Journal;
  readonly position: PositionFile;
  readonly state: DeadLetterState;
  readonly log: Logger;
  readonly segmentBytes: number;
  /** One change of what is kept after the other; only new entries come in between. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves with the record's sequence once it is synced and counted in `state`. */
  readonly write: (record: DeadLetterRecord) => Promise<number>;
  /** Forgets what nobody can ask for any more. */
  readonly forget: () => void;
  /** A sequence that no record on its way to the disk is below; Infinity where there is none. */
  readonly firstOnItsWay: () => number;
  /** Whether what is resolved should go earlier than usual. */
  readonly isTight: () => boolean;
}

export interface Upkeep {
  /** Looks whether there is enough to let go of, in the background. Resolves when that is done; never rejects. */
  look(): Promise<void>;
  /** Resolves when nothing that could go is left. Rejects where the disk fails it: nothing is lost by that. */
  compact(): Promise<void>;
  close(): Promise<void>;
}

const none = Number.POSITIVE_INFINITY;
const portion = { maxBodies: 256, maxBytes: 1024 * 1024 };

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { journal, position, state, log, segmentBytes, exclusively } = options;
  const { index, history } = state;
  const closing = new AbortController();
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  /** What was wasted when the first open entry was last looked for, which takes a walk over all. */
  let wastedThen = 0;
  /** What compaction left: headers and the like. */
  let unavoidable = 0;
  let compacting: Promise<void> | undefined;

  const wasted = (): number => journal.extent().bytes - index.bytes() - history.bytes();
  const firstNeeded = (): number =>
    Math.min(index.firstLocation() ?? none, history.firstLocation() ?? none, options.firstOnItsWay());

  /**
   * The resolutions so far as one record, then the position: what stands before both is in it, or is needed no more.
   * A crash between the two leaves a record too many.
   */
  async function letGo(): Promise<void> {
    const totalsAt = await options.write({ kind: 'totals', totals: state.totals() });
    const sequence = Math.min(firstNeeded(), totalsAt);
    if (sequence > position.position.sequence) await position.save({ ...position.position, sequence });
    await journal.maintain();
  }

  /** Whether a segment or more of resolved entries stands before the first that is needed. */
  function canLetGo(): boolean {
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

  /** What takes the place of a record, at the tail; none where it is needed no more, or has been moved already. */
  function copyOf(record: DeadLetterRecord | undefined, at: number): DeadLetterRecord | undefined {
    if (record?.kind === 'entry') {
      const number = record.number ?? at;
      const from = index.came(number) === 'run' ? 'run' : undefined;
      return index.locate(number) === at ? { kind: 'entry', number, from, letter: record.letter } : undefined;
    }
    if (record?.kind !== 'resolution') return undefined;
    const original = record.copyOf ?? at;
    return history.locate(original) === at ? { ...record, copyOf: original } : undefined;
  }

  /** Copies what is needed to the tail, oldest first, until little is wasted: each copy is synced before its origin goes. */
  async function run(isEnough: () => boolean): Promise<void> {
    const { firstSequence, nextSequence: end, bytes: before } = journal.extent();
    const reader = journal.reader(firstSequence, end - 1);
    let next = firstSequence;
    let passedBytes = 0;
    try {
      while (next < end && !isEnough() && !closing.signal.aborted) {
        await exclusively(async () => {
          const entries = await reader.read(portion, closing.signal);
          if (entries.length === 0) next = end;
          const copies: Promise<number>[] = [];
          for (const entry of entries) {
            if (entry.kind === 'lost') {
              next = entry.span.toSequence + 1;
              continue;
            }
            const { sequence, bytes } = entry.body;
            next = sequence + 1;
            passedBytes += bytes.length;
            const copy = copyOf(decodeRecord(bytes), sequence);
            if (copy !== undefined) copies.push(options.write(copy));
          }
          await Promise.all(copies);
          if (passedBytes < segmentBytes) return;
          passedBytes = 0;
          await letGo();
        });
      }
      await exclusively(letGo);
      unavoidable = wasted();
    } finally {
      await reader.close();
    }
    log.info('dead_letters.compacted', { bytesBefore: before, bytes: journal.extent().bytes });
  }

  function compact(isEnough: () => boolean): Promise<void> {
    compacting ??= run(isEnough).finally(() => {
      compacting = undefined;
    });
    return compacting;
  }

  async function lookNow(): Promise<void> {
    do {
      lookAgain = false;
      options.forget();
      if (canLetGo()) await exclusively(letGo);
      if (needsCompaction()) await compact(() => wasted() < journal.extent().bytes / 32);
    } while (lookAgain && !closing.signal.aborted);
  }

  return {
    look() {
      lookAgain = true;
      if (closing.signal.aborted) return Promise.resolve();
      looking ??= lookNow()
        .catch((error: unknown) => log.warn('dead_letters.upkeep_failed', { why: String(error) }))
        .finally(() => {
          looking = undefined;
        });
      return looking;
    },
    compact: () => compact(() => false),
    async close() {
      closing.abort();
      await looking;
      await compacting?.catch(() => undefined);
    },
  };
}
