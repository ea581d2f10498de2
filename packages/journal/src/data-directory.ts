// The data directory: its format, its identity, its lock, and where everything in it is.
import { randomUUID } from 'node:crypto';
import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import { z } from 'zod';
import { errorText, nodeFiles, systemCode, writeDurably } from './files.ts';

/** The version of the directory's layout and of all files in it. */
const formatVersion = 2;

export type DataFormat = 1 | 2;
const sqliteBusy = 5;

const instanceSchema = z.object({ id: z.uuid(), createdAt: z.iso.datetime() });
const lockHolderSchema = z.object({ pid: z.int(), startedAt: z.string(), host: z.string() });

export interface DataDirectory {
  /** Absolute. */
  readonly path: string;
  readonly paths: Readonly<ReturnType<typeof pathsIn>>;
  /** Random, made once for this directory. */
  readonly instanceId: string;
  close(): Promise<void>;
}

export interface DataDirectoryOptions {
  readonly now: () => number;
  readonly log: Logger;
  /**
   * Makes what a new directory (0), or one of an older format, lacks. Called under the lock before the directory is given
   * its format: interrupted, it is called again.
   */
  readonly prepare: (directory: string, fromFormat: 0 | 1) => Promise<void>;
}

/**
 * Opens the data directory, which is made if need be, and locks it until `close`.
 * @throws What `prepare` throws, and ConnectorError data_format_newer (nothing is touched), data_format_unreadable, data_directory_locked,
 * data_directory_failed.
 */
export async function openDataDirectory(path: string, options: DataDirectoryOptions): Promise<DataDirectory> {
  const directory = resolve(path);
  try {
    await checkFormat(directory);
    await nodeFiles.makeDirectory(directory);
    return await openLocked(directory, options);
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    const text = `the data directory ${directory} cannot be made or written to (${errorText(error)}): see to its permissions and the disk, or use another directory`;
    throw new ConnectorError('data_directory_failed', text, { cause: error });
  }
}

async function openLocked(directory: string, { now, log, prepare }: DataDirectoryOptions): Promise<DataDirectory> {
  const unlock = await acquireLock(directory, now, log);
  try {
    // Again under the lock: another process may have made it meanwhile.
    const format = await checkFormat(directory);
    const paths = pathsIn(directory);
    const { admin: _, ...folders } = paths;
    for (const folder of Object.values(folders)) await nodeFiles.makeDirectory(folder);
    if (format !== formatVersion) {
      await prepare(directory, format ?? 0);
      await writeDurably(join(directory, 'format'), `${formatVersion}\n`);
    }
    const instanceId = await readInstance(directory, now, log);
    return { path: directory, paths, instanceId, close: unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function pathsIn(directory: string) {
  return {
    journal: join(directory, 'journal'),
    positions: join(directory, 'positions'),
    quarantine: join(directory, 'quarantine'),
    secrets: join(directory, 'secrets'),
    /** Address, pid and token of the running instance: written by the app. */
    admin: join(directory, 'admin.json'),
  };
}

/**
 * Checks that a directory is a data directory of a format that we take, and gives it. Writes nothing.
 * @throws ConnectorError data_directory_missing, data_format_newer, data_format_unreadable.
 */
export async function requireFormat(directory: string): Promise<DataFormat> {
  const format = await checkFormat(directory);
  if (format !== undefined) return format;
  const message = `there is no data directory in ${directory} (no file "format"): name the one that the connector was started with, or start it once`;
  throw new ConnectorError('data_directory_missing', message);
}

/** The format, if it is one that we take; undefined where the directory is new. Writes nothing. */
async function checkFormat(directory: string): Promise<DataFormat | undefined> {
  const file = join(directory, 'format');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(`${file} cannot be read (${errorText(error)})`);
  });
  if (text === undefined) {
    const names = await readdir(join(directory, 'journal')).catch(() => []);
    if (names.some((name) => name.endsWith('.segment'))) {
      throw unreadable(`${file} is missing, but there is a journal beside it`);
    }
    return undefined;
  }
  const version = /^([1-9]\d{0,8})\n?$/.exec(text)?.[1];
  if (version === undefined) throw unreadable(`${file} holds no version`);
  if (Number(version) > formatVersion) {
    const message = `the data directory ${directory} has format ${version}; this version takes ${formatVersion} and has changed nothing: use the newer version again`;
    throw new ConnectorError('data_format_newer', message);
  }
  return version === '1' ? 1 : formatVersion;
}

function unreadable(what: string): ConnectorError {
  return new ConnectorError('data_format_unreadable', `${what}: restore it, or use another data directory`);
}

async function readInstance(directory: string, now: () => number, log: Logger): Promise<string> {
  const file = join(directory, 'instance.json');
  try {
    return instanceSchema.parse(JSON.parse(await readFile(file, 'utf8'))).id;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') log.warn('data.instance_unreadable', { file, why: errorText(error) });
  }
  const instance = { id: randomUUID(), createdAt: new Date(now()).toISOString() };
  await writeDurably(file, `${JSON.stringify(instance)}\n`);
  return instance.id;
}

/**
 * One process a data directory: takes an SQLite lock, which the kernel releases however its holder ends, and gives what
 * releases it. The file is opened once: closing any other handle on it in this process would release the lock.
 * @throws ConnectorError data_directory_locked, naming the holder.
 */
async function acquireLock(directory: string, now: () => number, log: Logger): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // In memory, so that no journal file appears beside it.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
    if (!isBusy) throw error;
    const text = `the data directory ${directory} is in use by another process (${await readLockHolder(directory)}): stop it, or use another directory`;
    throw new ConnectorError('data_directory_locked', text, { cause: error });
  }
  // SQLite makes it readable by all. Not every file system knows modes.
  await chmod(path, 0o600).catch((error: unknown) =>
    log.warn('data.lock_mode_failed', { path, why: errorText(error) }),
  );
  const holder = { pid: process.pid, startedAt: new Date(now()).toISOString(), host: hostname() };
  // The lock is what counts; a disk that takes nothing now must not keep us from delivering what is on it.
  await writeDurably(join(directory, 'lock.json'), `${JSON.stringify(holder)}\n`).catch(() => undefined);
  return async () => {
    await rm(join(directory, 'lock.json'), { force: true }).catch(() => undefined);
    database.close();
  };
}

async function readLockHolder(directory: string): Promise<string> {
  try {
    const { pid, startedAt, host } = lockHolderSchema.parse(
      JSON.parse(await readFile(join(directory, 'lock.json'), 'utf8')),
    );
    return `pid ${pid}, started ${startedAt}, on ${host}`;
  } catch {
    return 'which has not said who it is';
  }
}
