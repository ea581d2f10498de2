// The managed secrets of a source as a list that is written whole or not at all.
import { randomBytes } from 'node:crypto';
import { open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { secretLines } from '@xiq-siem/config';
import { ConnectorError, reasonOf, Secret } from '@xiq-siem/core';
import { readStand } from './rotation-list.ts';

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

/** Epoch milliseconds of the last write. */
export async function managedListWrittenMs(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}

export const newManagedSecret = (): Secret => new Secret(randomBytes(32).toString('base64url'));

/** Whether a rotation was begun and is not done. A list that cannot be read tells of none. */
export function isRotating(path: string): boolean {
  try {
    return readStand(readManagedList(path)).stand !== 'idle';
  } catch {
    return false;
  }
}
