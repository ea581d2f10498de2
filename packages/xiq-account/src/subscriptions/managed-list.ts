// The managed secrets of a source: a list that is written whole or not at all, and that tells how far a rotation is.
import { randomBytes } from 'node:crypto';
import { open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { secretLines } from '@xiq-siem/config';
import { ConnectorError, reasonOf, Secret } from '@xiq-siem/core';
import { isSameSecret } from '../rest/same-secret.ts';

/** Line by line, one that stands twice given twice; none where there is no file. */
export function readManagedList(path: string): readonly Secret[] {
  try {
    return secretLines(path).map((line) => new Secret(line));
  } catch (cause) {
    if (reasonOf(cause) === 'ENOENT') return [];
    throw new ConnectorError('secret_unreadable', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Resolves when it is on disk, and would be found there after a power cut. */
export async function writeManagedList(path: string, secrets: readonly Secret[]): Promise<void> {
  const next = `${path}.new`;
  const before = await stat(path).catch(() => undefined);
  {
    await using file = await open(next, 'w', 0o600);
    await file.chmod(0o600);
    // Who runs the command may be another than who runs the receiver, which has to read it.
    if (before !== undefined && before.uid !== process.getuid?.()) await file.chown(before.uid, before.gid);
    await file.writeFile(secrets.map((secret) => `${secret.reveal()}\n`).join(''));
    await file.sync();
  }
  await rename(next, path);
  await using directory = await open(dirname(path), 'r');
  await directory.sync();
}

export const newManagedSecret = (): Secret => new Secret(randomBytes(32).toString('base64url'));

/** Whether a rotation was begun and is not done. A list that cannot be read tells of none. */
export function isRotating(path: string): boolean {
  try {
    return rotationPhase(readManagedList(path)).phase !== 'idle';
  } catch {
    return false;
  }
}

/**
 * Where a rotation stands is told by the list alone: it can be interrupted anywhere, and nothing else is kept.
 *
 * - `idle`: any list, such as `[a]` or `[a, b]`.
 * - `incoming`: the last line twice, `[a, n, n]`: `n` is accepted as well, ExtremeCloud IQ is being told of it.
 * - `leaving`: the first line again as the last, `[n, a, n]`: `n` is the one to use, the others are on their way out.
 *
 * A secret that stands twice is accepted no other than one that stands once.
 */
export type RotationPhase =
  | { readonly phase: 'idle'; readonly secrets: readonly Secret[] }
  | { readonly phase: 'incoming' | 'leaving'; readonly next: Secret; readonly old: readonly Secret[] };

export function rotationPhase(secrets: readonly Secret[]): RotationPhase {
  const [first, last, beforeLast] = [secrets[0], secrets.at(-1), secrets.at(-2)];
  if (first === undefined || last === undefined || beforeLast === undefined || secrets.length < 3) {
    return { phase: 'idle', secrets };
  }
  if (isSameSecret(last, beforeLast)) return { phase: 'incoming', next: last, old: secrets.slice(0, -2) };
  if (isSameSecret(last, first)) return { phase: 'leaving', next: last, old: secrets.slice(1, -1) };
  return { phase: 'idle', secrets };
}

export const incoming = (old: readonly Secret[], next: Secret): readonly Secret[] => [...old, next, next];
export const leaving = (old: readonly Secret[], next: Secret): readonly Secret[] => [next, ...old, next];

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
