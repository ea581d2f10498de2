// Verifies the state file in steps: its structure, its counts, and all checksums.
import { crc32 } from 'node:zlib';
import { checkedColumns, checksum } from '../checksum.ts';
import type { Incident } from '../recovery/incident.ts';
import type { Row, Statement } from '../sqlite/database.ts';
import { DamagedFileError } from '../sqlite/sqlite-errors.ts';
import type { SqliteFile } from '../sqlite/sqlite-file.ts';

/** A flipped bit in a number does not damage the structure. A group whose last entry got another code stays, with 0. */
const wrongCounts = `WITH
  entries AS (SELECT destination, code, dataset, count(*) FROM dead_letters GROUP BY destination, code, dataset),
  counted AS (SELECT destination, code, dataset, open FROM dead_letter_groups WHERE open <> 0)
  SELECT * FROM (SELECT * FROM entries EXCEPT SELECT * FROM counted)
  UNION ALL SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM entries)`;
/** Some milliseconds per step: writes wait so long. */
const entriesAtOnce = 500;
const entriesSql = `SELECT number, ${checkedColumns}, document, crc FROM dead_letters
  LEFT JOIN dead_letter_documents USING (number) WHERE number > ? ORDER BY number LIMIT ${entriesAtOnce}`;

/**
 * If `after` is undefined, verifies the structure and the small tables, else the entries after that number. Returns the
 * `after` of the next step; undefined at the end. Damaged rows of one kind are one incident.
 * @throws DamagedFileError, or errors of SQLite.
 */
export function verification(onIncident: (incident: Incident) => void) {
  let damagedEntries: Tally | undefined;

  return function verifyPart(file: SqliteFile, after: number | undefined, nowMs: number): number | undefined {
    function note(tally: Tally | undefined, isLost: boolean): void {
      if (tally === undefined) return;
      const lost = isLost ? tally.count : 0;
      const reason = reasonOf(tally);
      const [outcome] = file.write([[addIncidentOnce(reason, lost, nowMs), ...tally.removals]]);
      if (outcome === undefined || 'error' in outcome) throw outcome?.error;
      const isNew = (outcome.rows[0]?.length ?? 0) > 0;
      if (isNew) onIncident({ kind: 'damaged', reason, file: undefined, recovered: 0, lost });
    }
    if (after === undefined) {
      damagedEntries = undefined;
      verifyStructure(file);
      note(tallyOf('documents', file.read('SELECT name, json, crc FROM documents').flatMap(damagedDocument)), false);
      const ids = file.read('SELECT id, ids, crc FROM backfilled_ids').flatMap(damagedIds);
      note(tallyOf('rows of ids of back-filled events', ids), false);
      return 0;
    }
    const rows = file.read(entriesSql, [after]);
    damagedEntries = tallyOf('dead letters', rows.flatMap(damagedEntry), damagedEntries);
    const { number } = rows.at(-1) ?? {};
    if (number !== undefined) return Number(number);
    note(damagedEntries, true);
    return undefined;
  };
}

function verifyStructure(file: SqliteFile): void {
  const [{ integrity_check: found } = { integrity_check: 'nothing' }] = file.read('PRAGMA integrity_check(1)');
  const text = String(found);
  if (text !== 'ok') throw new DamagedFileError(text.replaceAll('\n', ' '));
  if (file.read(wrongCounts).length > 0) throw new DamagedFileError('the counts of dead letters do not match them');
}

interface Damaged {
  readonly name: string;
  /** Removes the row, if it is of no use. */
  readonly remove?: Statement;
}

function damagedEntry({ number, document, crc, ...columns }: Row): readonly Damaged[] {
  if (checksum(JSON.stringify(Object.values(columns)), String(document)) === crc) return [];
  // It stays until an operator drops it: its event counts as open, and its body may still be in the journal.
  return [{ name: String(number) }];
}

function damagedDocument({ name = '', json, crc }: Row): readonly Damaged[] {
  if (checksum(String(name), String(json)) === crc) return [];
  return [{ name: String(name), remove: { sql: 'DELETE FROM documents WHERE name = ?', parameters: [name] } }];
}

function damagedIds({ id = 0, ids, crc }: Row): readonly Damaged[] {
  if (ids instanceof Uint8Array && crc32(ids) === crc) return [];
  return [{ name: String(id), remove: { sql: 'DELETE FROM backfilled_ids WHERE id = ?', parameters: [id] } }];
}

/** Damaged rows of one kind. The incident names the first of them. */
interface Tally {
  readonly what: string;
  readonly count: number;
  readonly names: readonly string[];
  readonly removals: readonly Statement[];
}

const named = 5;

function tallyOf(what: string, damaged: readonly Damaged[], before?: Tally): Tally | undefined {
  if (damaged.length === 0) return before;
  const names = [...(before?.names ?? []), ...damaged.map(({ name }) => name)].slice(0, named);
  const removals = damaged.flatMap(({ remove }) => (remove === undefined ? [] : [remove]));
  return { what, count: (before?.count ?? 0) + damaged.length, names, removals };
}

function reasonOf({ what, count, names }: Tally): string {
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return `wrong checksum of ${what} ${names.join(', ')}${more}`;
}

/** Adds an incident once per reason. Returns a row if it is new. */
const addIncidentOnce = (reason: string, lost: number, nowMs: number): Statement => ({
  sql: `INSERT INTO incidents (at_ms, kind, reason, recovered, lost)
    SELECT ?1, 'damaged', ?2, 0, ?3 WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE reason = ?2) RETURNING id`,
  parameters: [Math.trunc(nowMs), reason, lost],
});
