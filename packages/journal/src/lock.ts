// One process a data directory: an SQLite lock, which the kernel lets go of however its holder ends.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConnectorError } from '@xiq-siem/core';
import { z } from 'zod';

const holderSchema = z.object({ pid: z.int(), startedAt: z.string(), host: z.string() });

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock. The file is opened once: closing any other handle on it in this process would let go of the lock.
 * @throws ConnectorError data_directory_locked, naming who holds it.
 */
export async function takeLock(directory: string, now: () => number): Promise<Lock> {
  const holderPath = join(directory, 'lock.json');
  const database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
  try {
    // In memory, so that no journal file appears beside it.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    const holder = await readHolder(holderPath);
    const text = `the data directory ${directory} is in use by another process (${holder}): stop it, or use another directory`;
    throw new ConnectorError('data_directory_locked', text, { cause: error });
  }
  const holder = { pid: process.pid, startedAt: new Date(now()).toISOString(), host: hostname() };
  // The lock is what counts; a disk that takes nothing now must not keep us from delivering what is on it.
  await writeFile(holderPath, `${JSON.stringify(holder)}\n`, { mode: 0o600 }).catch(() => undefined);
  return {
    async release() {
      await rm(holderPath, { force: true }).catch(() => undefined);
      database.close();
    },
  };
}

const sqliteBusy = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}

async function readHolder(path: string): Promise<string> {
  try {
    const { pid, startedAt, host } = holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return `pid ${pid}, started ${startedAt}, on ${host}`;
  } catch {
    return 'which has not said who it is';
  }
}
