// Copies the readable data of a damaged state file into a new one.
import { copyFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fillStateFile, removeStateFile } from '../sqlite/build-file.ts';
import { copyRows } from './copy-rows.ts';
import type { Incident } from './incident.ts';
import { patchSchema } from './patch-schema.ts';
import { copyReadableLog } from './write-ahead-log.ts';

type DamagedFile = Disposable & { readonly path: string; readonly database: DatabaseSync };

/** `into` is complete, with its incident, when this returns. `from` is not changed. */
export function salvage(
  from: string,
  into: string,
  noteIncident: (database: DatabaseSync, salvaged: Pick<Incident, 'recovered' | 'lost'>) => void,
): void {
  const copy = `${from}.patched`;
  removeStateFile(copy);
  try {
    const hasLog = (statSync(`${from}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    using source = (hasLog ? undefined : openDamaged(from)) ?? openCopy(from, copy, into);
    fillStateFile(into, (database) => noteIncident(database, copyRows(source, database)));
  } finally {
    removeStateFile(copy);
  }
}

/** Opens a copy into which the readable part of the log was merged; if that fails, with the schema of a new file. */
function openCopy(from: string, copy: string, fresh: string): DamagedFile | undefined {
  copyFileSync(from, copy);
  copyReadableLog(`${from}-wal`, `${copy}-wal`);
  mergeLog(copy);
  const asItIs = openDamaged(copy);
  if (asItIs !== undefined) return asItIs;
  fillStateFile(fresh, () => undefined);
  patchSchema(copy, fresh);
  mergeLog(copy);
  return openDamaged(copy);
}

function mergeLog(path: string): void {
  try {
    using database = new DatabaseSync(path);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // The first page is damaged or the file is empty. The caller detects it.
  }
}

function openDamaged(path: string): DamagedFile | undefined {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      database.prepare('SELECT * FROM dead_letters LIMIT 0').all();
      return { path, database, [Symbol.dispose]: () => database.close() };
    } catch {
      database.close();
      return undefined;
    }
  } catch {
    return undefined;
  }
}
