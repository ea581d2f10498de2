// One builder at a time on this machine: an SQLite lock, which the kernel lets go of however its holder ends.
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { TestbedError } from './testbed-error.ts';

const askEveryMs = 200;

export interface LockOptions {
  readonly waitMs: number;
  /** Called once, when somebody else holds the lock. */
  readonly onWait?: () => void;
}

/** Does the work while holding the lock file. @throws TestbedError when the lock is not free within `waitMs`. */
export async function withLock<T>(path: string, { waitMs, onWait }: LockOptions, work: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(path, { timeout: 0 });
  const deadline = performance.now() + waitMs;
  try {
    for (let asked = 0; !isTaken(database); asked += 1) {
      if (performance.now() > deadline) {
        throw new TestbedError(
          `${path} was held by another build for ${Math.round(waitMs / 1000)} s: see what it does`,
        );
      }
      if (asked === 0) onWait?.();
      await pause(askEveryMs);
    }
    return await work();
  } finally {
    database.close();
  }
}

const sqliteBusy = 5;

function isTaken(database: DatabaseSync): boolean {
  try {
    // In memory, so that no journal file appears beside it.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return false;
    throw error;
  }
}
