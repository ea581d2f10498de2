// Copies the readable data of a damaged state file into a new one.
import { copyFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fillStateFile, removeStateFile } from '../sqlite/build-file.ts';
import { copyRows } from './copy-rows.ts';
import type { Incident } from './incident.ts';
import { patchSchema } from './patch-schema.ts';
import { copyReadableWal } from './write-ahead-log.ts';

type DamagedFile = Disposable & { readonly path: string; readonly database: DatabaseSync };

/** When this returns, the file `into` is complete and has its incident. Does not change the file `from`. */
export function copyReadableData(
  from: string,
  into: string,
  noteIncident: (database: DatabaseSync, copied: Pick<Incident, 'recovered' | 'lost'>) => void,
): void {
  const copy = `${from}.patched`;
  removeStateFile(copy);
  try {
    const hasWal = (statSync(`${from}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    using source = (hasWal ? undefined : openDamaged(from)) ?? openCopy(from, copy, into);
    fillStateFile(into, (database) => noteIncident(database, copyRows(source, database)));
  } finally {
    removeStateFile(copy);
  }
}

/** Opens a copy, after merging the readable part of the write-ahead log. If that fails, gives the copy the schema of a new file. */
function openCopy(from: string, copy: string, fresh: string): DamagedFile | undefined {
  copyFileSync(from, copy);
  copyReadableWal(`${from}-wal`, `${copy}-wal`);
  mergeWal(copy);
  const unpatched = openDamaged(copy);
  if (unpatched !== undefined) return unpatched;
  fillStateFile(fresh, () => undefined);
  patchSchema(copy, fresh);
  mergeWal(copy);
  return openDamaged(copy);
}

function mergeWal(path: string): void {
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
