// The managed secrets of a source, a list that is written whole or not at all, and how far a rotation of them is.
import { createHash, randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { secretLines } from '@xiq-siem/config';
import { ConnectorError, reasonOf, Secret } from '@xiq-siem/core';
import { writeDurably } from '@xiq-siem/journal';
import { type DocumentReading, type Documents, documentNames } from '@xiq-siem/state';
import { z } from 'zod';

/** None where there is no file. */
export function readManagedList(path: string): readonly Secret[] {
  try {
    return secretLines(path).map((line) => new Secret(line));
  } catch (cause) {
    if (reasonOf(cause) === 'ENOENT') return [];
    throw new ConnectorError('secret_unreadable', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Resolves when it is on disk, and would be found there after a power cut. */
export const writeManagedList = (path: string, secrets: readonly Secret[]): Promise<void> =>
  writeDurably(path, secrets.map((secret) => `${secret.reveal()}\n`).join(''));

export const newManagedSecret = (): Secret => new Secret(randomBytes(32).toString('base64url'));

/** What is stored of a rotation that is not done: which secret is the new one, by its SHA-256. Never the secret itself. */
const rotation = z.object({ next: z.string() });

export const fingerprintOf = (secret: Secret): string => createHash('sha256').update(secret.reveal()).digest('hex');

export const readRotation = async (documents: DocumentReading, source: string): Promise<string | undefined> =>
  (await documents.get(documentNames.rotation(source), rotation))?.next;

/** Undefined ends it. Resolves when it is on disk. */
export const writeRotation = (documents: Documents, source: string, next: string | undefined): Promise<void> =>
  next === undefined
    ? documents.remove(documentNames.rotation(source))
    : documents.put(documentNames.rotation(source), { next });

/** Whether a rotation was begun and is not done. A list that cannot be read tells of none. */
export async function isRotating(documents: DocumentReading, source: string, path: string): Promise<boolean> {
  try {
    return rotationPhase(readManagedList(path), await readRotation(documents, source)).phase !== 'idle';
  } catch {
    return false;
  }
}

/**
 * Where a rotation stands is told by the place of the new secret in the list, so that it can be interrupted anywhere:
 *
 * - `idle`: it is not in the list, or alone in it: nothing was begun, or all is done.
 * - `incoming`: it is the last, `[a, n]`: it is accepted as well, ExtremeCloud IQ is being told of it.
 * - `leaving`: it is the first, `[n, a]`: it is the one to use, the others are on their way out.
 */
export type RotationPhase =
  | { readonly phase: 'idle'; readonly secrets: readonly Secret[] }
  | { readonly phase: 'incoming' | 'leaving'; readonly next: Secret; readonly old: readonly Secret[] };

/** `fingerprint`: of the new secret, as stored. */
export function rotationPhase(lines: readonly Secret[], fingerprint: string | undefined): RotationPhase {
  const secrets = [...new Map(lines.map((secret) => [fingerprintOf(secret), secret])).values()];
  const place = secrets.findIndex((secret) => fingerprintOf(secret) === fingerprint);
  const next = secrets[place];
  const old = secrets.toSpliced(place, 1);
  if (next === undefined || old.length === 0) return { phase: 'idle', secrets };
  return { phase: place === 0 ? 'leaving' : 'incoming', next, old };
}

const sqliteBusy = 5;

/**
 * One rotation of a source's secret at a time: a lock that the kernel lets go of, however its holder ends. `path`: of
 * the managed list; its directory has to be there. Throws `busy` where another process rotates.
 */
export function lockRotation(path: string): Disposable {
  const database = new DatabaseSync(`${path}.rotation-lock`, { timeout: 0 });
  try {
    // In memory, so that no journal file appears beside it.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!(cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy)) throw cause;
    throw new ConnectorError('busy', 'This secret is being rotated by another process: wait until that one is done.');
  }
  return { [Symbol.dispose]: () => database.close() };
}
