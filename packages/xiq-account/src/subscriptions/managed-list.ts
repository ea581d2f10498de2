// Reads and writes the managed secrets of a source and the phase of their rotation, and locks a rotation.
import { createHash, randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { secretLines } from '@xiq-siem/config';
import { ConnectorError, reasonOf, Secret } from '@xiq-siem/core';
import { writeDurably } from '@xiq-siem/journal';
import { type DocumentReading, type Documents, documentNames } from '@xiq-siem/state';
import { z } from 'zod';

/** Empty if there is no file. */
export function readManagedList(path: string): readonly Secret[] {
  try {
    return secretLines(path).map((line) => new Secret(line));
  } catch (cause) {
    if (reasonOf(cause) === 'ENOENT') return [];
    throw new ConnectorError('secret_unreadable', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Writes all or nothing. Resolves when the file survives a power cut. */
export const writeManagedList = (path: string, secrets: readonly Secret[]): Promise<void> =>
  writeDurably(path, secrets.map((secret) => `${secret.reveal()}\n`).join(''));

export const newManagedSecret = (): Secret => new Secret(randomBytes(32).toString('base64url'));

/** Stored while a rotation is unfinished: the SHA-256 of the new secret, never the secret itself. */
const rotation = z.object({ next: z.string() });

export const fingerprintOf = (secret: Secret): string => createHash('sha256').update(secret.reveal()).digest('hex');

export const readRotation = async (documents: DocumentReading, source: string): Promise<string | undefined> =>
  (await documents.get(documentNames.rotation(source), rotation))?.next;

/** Undefined ends the rotation. Resolves when it is on disk. */
export const writeRotation = (documents: Documents, source: string, next: string | undefined): Promise<void> =>
  next === undefined
    ? documents.remove(documentNames.rotation(source))
    : documents.put(documentNames.rotation(source), { next });

/** Whether a rotation has started and is unfinished. False if the list is unreadable. */
export async function isRotating(documents: DocumentReading, source: string, path: string): Promise<boolean> {
  try {
    return rotationPhase(readManagedList(path), await readRotation(documents, source)).phase !== 'idle';
  } catch {
    return false;
  }
}

/**
 * The position of the new secret in the list is the phase of the rotation, which can therefore resume after any step:
 *
 * - `idle`: it is not in the list, or it is the only one: no rotation has started, or it is finished.
 * - `incoming`: it is the last, `[a, n]`: the receiver accepts both, and the subscriptions get the new one.
 * - `leaving`: it is the first, `[n, a]`: new subscriptions get it, and the old secrets are removed next.
 */
export type RotationPhase =
  | { readonly phase: 'idle'; readonly secrets: readonly Secret[] }
  | { readonly phase: 'incoming' | 'leaving'; readonly next: Secret; readonly old: readonly Secret[] };

/** `fingerprint`: the stored one of the new secret. */
export function rotationPhase(lines: readonly Secret[], fingerprint: string | undefined): RotationPhase {
  const secrets = [...new Map(lines.map((secret) => [fingerprintOf(secret), secret])).values()];
  const position = secrets.findIndex((secret) => fingerprintOf(secret) === fingerprint);
  const next = secrets[position];
  const old = secrets.toSpliced(position, 1);
  if (next === undefined || old.length === 0) return { phase: 'idle', secrets };
  return { phase: position === 0 ? 'leaving' : 'incoming', next, old };
}

const sqliteBusy = 5;

/**
 * Locks the rotation of a source's secret; the kernel releases the lock when the process ends. `path`: the managed list,
 * in an existing directory. Throws `busy` if another process has the lock.
 */
export function lockRotation(path: string): Disposable {
  const database = new DatabaseSync(`${path}.rotation-lock`, { timeout: 0 });
  try {
    // MEMORY: SQLite writes no journal file.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!(cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy)) throw cause;
    throw new ConnectorError('busy', 'Another process rotates this secret: wait until it has finished.');
  }
  return { [Symbol.dispose]: () => database.close() };
}
