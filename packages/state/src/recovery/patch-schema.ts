// Copies the schema pages of a new state file into a copy of a damaged one.
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const pageBytes = 4096;
const writeVersionAt = 18;
const readVersionAt = 19;
const pageCountAt = 28;
/** Version of a file with a write-ahead log. */
const walVersion = 2;

/** All state files of one version have their tables at the same pages, because they are created in the same order. */
export function patchSchema(path: string, fresh: string): void {
  const pages = schemaPages(fresh);
  const source = openSync(fresh, 'r');
  const target = openSync(path, 'r+');
  try {
    const page = Buffer.alloc(pageBytes);
    for (const number of pages) {
      readSync(source, page, 0, pageBytes, (number - 1) * pageBytes);
      if (number === 1) {
        page[writeVersionAt] = walVersion;
        page[readVersionAt] = walVersion;
        page.writeUInt32BE(Math.max(pages.length, Math.floor(fstatSync(target).size / pageBytes)), pageCountAt);
      }
      writeSync(target, page, 0, pageBytes, (number - 1) * pageBytes);
    }
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

function schemaPages(fresh: string): readonly number[] {
  const database = new DatabaseSync(fresh, { readOnly: true });
  try {
    const rows = database.prepare("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'").all();
    return rows.map(({ pageno }) => Number(pageno));
  } finally {
    database.close();
  }
}
