// The data directory: its format, its identity, its lock, and where everything in it is.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import { z } from 'zod';
import { errorText, nodeFiles, systemCode } from './files.ts';
import { takeLock } from './lock.ts';

/** The version of the directory's layout and of all files in it. */
export const dataFormatVersion = 1;

const rooms = ['journal', 'positions', 'dead-letters', 'quarantine', 'secrets', 'jobs'] as const;
const instanceSchema = z.object({ id: z.uuid(), createdAt: z.iso.datetime() });

export interface DataDirectory {
  /** Absolute. */
  readonly path: string;
  readonly paths: {
    readonly journal: string;
    readonly positions: string;
    readonly deadLetters: string;
    readonly quarantine: string;
    readonly secrets: string;
    readonly jobs: string;
    /** Address, pid and token of the running instance: written by the app. */
    readonly admin: string;
  };
  /** Random, made once for this directory. */
  readonly instanceId: string;
  close(): Promise<void>;
}

export interface DataDirectoryOptions {
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Opens the data directory, which is made if need be, and locks it until `close`.
 * @throws ConnectorError data_format_newer (nothing is touched), data_format_unreadable, data_directory_locked.
 */
export async function openDataDirectory(path: string, { now, log }: DataDirectoryOptions): Promise<DataDirectory> {
  const directory = resolve(path);
  await checkFormat(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await takeLock(directory, now);
  try {
    // Again under the lock: another process may have made it meanwhile.
    if (!(await checkFormat(directory))) await writeDurably(directory, 'format', `${dataFormatVersion}\n`);
    for (const room of rooms) await mkdir(join(directory, room), { recursive: true, mode: 0o700 });
    await nodeFiles.syncDirectory(directory);
    const instanceId = await readInstance(directory, now, log);
    return {
      path: directory,
      paths: {
        journal: join(directory, 'journal'),
        positions: join(directory, 'positions'),
        deadLetters: join(directory, 'dead-letters'),
        quarantine: join(directory, 'quarantine'),
        secrets: join(directory, 'secrets'),
        jobs: join(directory, 'jobs'),
        admin: join(directory, 'admin.json'),
      },
      instanceId,
      close: lock.release,
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Checks that a directory is a data directory of a format that we take. Writes nothing.
 * @throws ConnectorError usage where it is none, data_format_newer, data_format_unreadable.
 */
export async function requireFormat(directory: string): Promise<void> {
  if (await checkFormat(directory)) return;
  const message = `there is no data directory in ${directory} (no file "format"): name the one that the connector was started with, or start it once`;
  throw new ConnectorError('usage', message);
}

/** Whether there is a format that we take; false where the directory is new. Writes nothing. */
async function checkFormat(directory: string): Promise<boolean> {
  const file = join(directory, 'format');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(`${file} cannot be read (${errorText(error)})`);
  });
  if (text === undefined) {
    if (await holdsSegments(directory)) throw unreadable(`${file} is missing, but there is a journal beside it`);
    return false;
  }
  const version = /^([1-9]\d{0,8})\n?$/.exec(text)?.[1];
  if (version === undefined) throw unreadable(`${file} holds no version`);
  if (Number(version) > dataFormatVersion) {
    const message = `the data directory ${directory} has format ${version}; this version takes ${dataFormatVersion} and has changed nothing: use the newer version again`;
    throw new ConnectorError('data_format_newer', message);
  }
  return true;
}

function unreadable(what: string): ConnectorError {
  return new ConnectorError('data_format_unreadable', `${what}: restore it, or use another data directory`);
}

async function holdsSegments(directory: string): Promise<boolean> {
  const names = await readdir(join(directory, 'journal')).catch(() => []);
  return names.some((name) => name.endsWith('.segment'));
}

async function readInstance(directory: string, now: () => number, log: Logger): Promise<string> {
  const file = join(directory, 'instance.json');
  try {
    return instanceSchema.parse(JSON.parse(await readFile(file, 'utf8'))).id;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') log.warn('data.instance_unreadable', { file, why: errorText(error) });
  }
  const instance = { id: randomUUID(), createdAt: new Date(now()).toISOString() };
  await writeDurably(directory, 'instance.json', `${JSON.stringify(instance)}\n`);
  return instance.id;
}

/** The whole text or nothing of it, under its name, on disk. */
async function writeDurably(directory: string, name: string, text: string): Promise<void> {
  const temporary = join(directory, `.${name}.new`);
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(directory, name));
  await nodeFiles.syncDirectory(directory);
}
