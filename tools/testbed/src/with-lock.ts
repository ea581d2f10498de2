// Allows one build at a time on this machine: an SQLite lock, which the kernel releases however its holder ends.
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { TestbedError } from './testbed-error.ts';

const pollMs = 200;

export interface LockOptions {
  readonly waitMs: number;
  /** Called once where another process has the lock. */
  readonly onWait?: () => void;
}

/** Runs `work` with the lock. @throws TestbedError where the lock is not free within `waitMs`. */
export async function withLock<T>(path: string, { waitMs, onWait }: LockOptions, work: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(path, { timeout: 0 });
  const deadline = performance.now() + waitMs;
  try {
    for (let attempts = 0; !tryLock(database); attempts += 1) {
      if (performance.now() > deadline) {
        throw new TestbedError(
          `${path} was locked by another build for ${Math.round(waitMs / 1000)} s: check that build`,
        );
      }
      if (attempts === 0) onWait?.();
      await pause(pollMs);
    }
    return await work();
  } finally {
    database.close();
  }
}

const sqliteBusy = 5;

function tryLock(database: DatabaseSync): boolean {
  try {
    // In memory: without a journal file.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return false;
    throw error;
  }
}
