// Saves a position now and then: a crash in between gives duplicates, never a loss.
import type { DurablePosition } from '@xiq-siem/core';
import type { Ledger } from './ledger.ts';
import type { StreamServices } from './services.ts';

/** What a crash sends again at most, in time: four small syncs a second at the busiest. */
const saveEveryMs = 250;
const saveEveryChanges = 10_000;
const retryMs = 5_000;

export type PositionStore = ReturnType<typeof createPositionStore>;

export function createPositionStore(file: DurablePosition, ledger: Ledger, services: StreamServices) {
  const { name, clock, log, wakeup } = services;
  let changes = 0;
  let due = Number.POSITIVE_INFINITY;
  let saving: Promise<void> | undefined;

  const save = async () => {
    const saved = changes;
    changes = 0;
    due = Number.POSITIVE_INFINITY;
    try {
      await file.save(ledger.position());
    } catch (error) {
      changes += saved;
      due = clock.now() + retryMs;
      log.error('position.write_failed', { destination: name, error: String(error) });
    }
    saving = undefined;
    wakeup.notify();
  };
  return {
    /** Something has been settled, or is lost. */
    markChanged() {
      changes++;
      if (due === Number.POSITIVE_INFINITY) {
        due = clock.now() + saveEveryMs;
        wakeup.notify();
      }
      if (changes === saveEveryChanges) {
        due = clock.now();
        wakeup.notify();
      }
    },
    /** Epoch milliseconds of the next save; infinite if there is nothing to save. */
    dueMs: () => (saving === undefined ? due : Number.POSITIVE_INFINITY),
    saveIfDue() {
      if (saving === undefined && due <= clock.now()) saving = save();
    },
    /** Nothing has moved that is not on disk. */
    isSaved: () => saving === undefined && changes === 0,
    /** Saves what there is, after a save that is under way. */
    async flush() {
      await saving;
      if (changes > 0) await save();
    },
  };
}
