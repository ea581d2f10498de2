// Opens the data directory: checks its format, locks it, and knows its paths and its instance id.
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
  /** Random; created once for this directory. */
  readonly instanceId: string;
  close(): Promise<void>;
}

export interface DataDirectoryOptions {
  readonly now: () => number;
  readonly log: Logger;
  /**
   * Fills a new directory (0) or migrates one of an older format. Called under the lock, before the file `format` is
   * written. After an interruption it is called again.
   */
  readonly prepare: (directory: string, fromFormat: 0 | 1) => Promise<void>;
}

/**
 * Opens the data directory and locks it until `close`. Creates it if it is missing.
 * @throws What `prepare` throws, and ConnectorError data_format_newer (nothing is changed), data_format_unreadable,
 * data_directory_locked, data_directory_failed.
 */
export async function openDataDirectory(path: string, options: DataDirectoryOptions): Promise<DataDirectory> {
  const directory = resolve(path);
  try {
    await checkFormat(directory);
    await nodeFiles.makeDirectory(directory);
    return await openLocked(directory, options);
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    const text = `the data directory ${directory} cannot be created or written (${errorText(error)}): check its permissions and the disk, or use another directory`;
    throw new ConnectorError('data_directory_failed', text, { cause: error });
  }
}

async function openLocked(directory: string, { now, log, prepare }: DataDirectoryOptions): Promise<DataDirectory> {
  const unlock = await acquireLock(directory, now, log);
  try {
    // Another process may have created it before we had the lock.
    const format = await checkFormat(directory);
    const paths = pathsIn(directory);
    const { admin: _, ...folders } = paths;
    for (const folder of Object.values(folders)) await nodeFiles.makeDirectory(folder);
    if (format !== formatVersion) {
      await prepare(directory, format ?? 0);
      await writeDurably(join(directory, 'format'), `${formatVersion}\n`);
    }
    if (format === undefined) log.info('data_directory.created', { directory });
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
    /** Address, pid and token of the running instance. The app writes it. */
    admin: join(directory, 'admin.json'),
  };
}

/**
 * Returns the format of a data directory, if this version supports it. Writes nothing.
 * @throws ConnectorError data_directory_missing, data_format_newer, data_format_unreadable.
 */
export async function requireFormat(directory: string): Promise<DataFormat> {
  const format = await checkFormat(directory);
  if (format !== undefined) return format;
  const message = `${directory} is not a data directory (it has no file "format"): use the directory that the connector was started with, or start the connector once`;
  throw new ConnectorError('data_directory_missing', message);
}

/** The format, if this version supports it; undefined for a new directory. Writes nothing. */
async function checkFormat(directory: string): Promise<DataFormat | undefined> {
  const file = join(directory, 'format');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(`${file} cannot be read (${errorText(error)})`);
  });
  if (text === undefined) {
    const names = await readdir(join(directory, 'journal')).catch(() => []);
    if (names.some((name) => name.endsWith('.segment'))) {
      throw unreadable(`${file} is missing, but the directory has a journal`);
    }
    return undefined;
  }
  const version = /^([1-9]\d{0,8})\n?$/.exec(text)?.[1];
  if (version === undefined) throw unreadable(`${file} does not contain a version`);
  if (Number(version) > formatVersion) {
    const message = `the data directory ${directory} has format ${version}; this program supports up to ${formatVersion}. Start the newer program again. Nothing was changed`;
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
    if (systemCode(error) !== 'ENOENT') log.warn('data.instance_unreadable', { file, error: errorText(error) });
  }
  const instance = { id: randomUUID(), createdAt: new Date(now()).toISOString() };
  await writeDurably(file, `${JSON.stringify(instance)}\n`);
  return instance.id;
}

/**
 * Takes an SQLite lock and returns the function that releases it. The kernel releases it however the process ends.
 * The file must be opened once only: closing another handle on it in this process would release the lock.
 * @throws ConnectorError data_directory_locked, which names the process that has the lock.
 */
async function acquireLock(directory: string, now: () => number, log: Logger): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // SQLite then creates no journal file beside it.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
    if (!isBusy) throw error;
    const text = `the data directory ${directory} is in use by another process (${await readLockHolder(directory)}): stop it, or use another directory`;
    throw new ConnectorError('data_directory_locked', text, { cause: error });
  }
  // SQLite makes it readable by all. Some file systems have no modes.
  await chmod(path, 0o600).catch((error: unknown) =>
    log.warn('data.lock_mode_failed', { path, error: errorText(error) }),
  );
  const holder = { pid: process.pid, startedAt: new Date(now()).toISOString(), host: hostname() };
  // The lock counts, not this file. A full disk must not prevent delivery of stored bodies.
  await writeDurably(join(directory, 'lock.json'), `${JSON.stringify(holder)}\n`).catch(() => undefined);
  return async function unlock() {
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
    return 'unknown';
  }
}
