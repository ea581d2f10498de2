// Saves a position now and then: a crash in between gives duplicates, never a loss.
import type { Logger, PositionFile } from '@xiq-siem/core';
import type { Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Ledger } from './ledger.ts';

export interface PositionKeeper {
  /** Something has been settled, or given up. */
  moved(): void;
  /** Epoch milliseconds of the next save; infinite if there is nothing to save. */
  dueMs(): number;
  saveIfDue(): void;
  /** Nothing has moved that is not on disk. */
  isSaved(): boolean;
  /** Saves what there is, after a save that is under way. */
  flush(): Promise<void>;
}

export interface PositionKeeperOptions {
  readonly name: string;
  readonly file: PositionFile;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bell: Pick<Bell, 'ring'>;
}

/** What a crash sends again at most, in time: four small syncs a second at the busiest. */
const saveEveryMs = 250;
const saveEveryMoves = 10_000;
const retryMs = 5_000;

export function createPositionKeeper(options: PositionKeeperOptions): PositionKeeper {
  const { name, file, ledger, clock, log, bell } = options;
  let moves = 0;
  let due = Number.POSITIVE_INFINITY;
  let saving: Promise<void> | undefined;

  const save = async () => {
    const saved = moves;
    moves = 0;
    due = Number.POSITIVE_INFINITY;
    try {
      await file.save(ledger.position());
    } catch (error) {
      moves += saved;
      due = clock.now() + retryMs;
      log.error('delivery.position_not_saved', { destination: name, error: String(error) });
    }
    saving = undefined;
    bell.ring();
  };
  return {
    moved() {
      moves++;
      if (due === Number.POSITIVE_INFINITY) due = clock.now() + saveEveryMs;
      if (moves === saveEveryMoves) {
        due = clock.now();
        bell.ring();
      }
    },
    dueMs: () => (saving === undefined ? due : Number.POSITIVE_INFINITY),
    saveIfDue() {
      if (saving === undefined && due <= clock.now()) saving = save();
    },
    isSaved: () => saving === undefined && moves === 0,
    async flush() {
      await saving;
      if (moves > 0) await save();
    },
  };
}
