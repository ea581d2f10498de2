// Saves a position periodically. A crash between two saves causes duplicates, but no loss.
import type { DurablePosition } from '@xiq-siem/core';
import type { Ledger } from './ledger.ts';
import type { StreamServices } from './services.ts';

/** Interval of saves: at most four small syncs a second. */
const saveEveryMs = 250;
const saveEveryChanges = 10_000;
const retryMs = 5_000;

export type PositionStore = ReturnType<typeof createPositionStore>;

export function createPositionStore(file: DurablePosition, ledger: Ledger, services: StreamServices) {
  const { name, clock, log, wakeup } = services;
  let changes = 0;
  let due = Number.POSITIVE_INFINITY;
  let saving: Promise<void> | undefined;
  let isDelayed = false;

  /** A position with too many ranges is saved when more events are settled. After a crash, they are sent again. */
  const delaySave = () => {
    due = clock.now() + retryMs;
    if (!isDelayed) log.warn('position.write_delayed', { destination: name, reason: 'too many settled ranges' });
    isDelayed = true;
  };
  const savePosition = async () => {
    isDelayed = false;
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
  async function flushPosition() {
    await saving;
    if (changes === 0) return;
    if (ledger.fits()) await savePosition();
    else delaySave();
  }

  function markChanged() {
    changes++;
    if (due === Number.POSITIVE_INFINITY) {
      due = clock.now() + saveEveryMs;
      wakeup.notify();
    }
    if (changes === saveEveryChanges) {
      due = clock.now();
      wakeup.notify();
    }
  }

  return {
    /** Call it when events are settled or bodies are lost. */
    markChanged,
    /** Time of the next save in epoch milliseconds; infinite if there is nothing to save. */
    dueMs: () => (saving === undefined ? due : Number.POSITIVE_INFINITY),
    saveIfDue() {
      if (saving !== undefined || due > clock.now()) return;
      if (ledger.fits()) saving = savePosition();
      else delaySave();
    },
    /** Whether every change is on disk. */
    isSaved: () => saving === undefined && changes === 0,
    /** Saves all changes, after a running save. */
    flush: flushPosition,
  };
}
