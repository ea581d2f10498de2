// Converts a filter of dead letters to an SQL condition.
import type { SqlValue } from '../sqlite/database.ts';
import type { DeadLetterFilter } from './dead-letters.ts';
import { codeColumn, parkedPrefix } from './entry-row.ts';

/** SQL: whether the entry is a parked event. */
export const isParked = `substr(code, 1, ${parkedPrefix.length}) = '${parkedPrefix}'`;

export interface Condition {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/**
 * An empty filter matches every entry. The `+` prevents the use of an index, with which SQLite would sort all matches for
 * each page: entries are read in the order of their numbers.
 */
export function conditionOf(
  filter: DeadLetterFilter,
  afterNumber = 0,
  lastNumber = Number.MAX_SAFE_INTEGER,
): Condition {
  const { destination, code, parked, dataset, fromMs, toMs, ids, numbers } = filter;
  const codes = code === undefined ? undefined : [code, codeColumn({ code, parked: true })];
  const parts: readonly (readonly [sql: string, value: SqlValue | undefined])[] = [
    ['number > ?', afterNumber],
    ['number <= ?', lastNumber],
    ['+destination = ?', destination],
    ['+code IN (SELECT value FROM json_each(?))', codes && JSON.stringify(codes)],
    [`(${isParked}) = ?`, parked === undefined ? undefined : Number(parked)],
    ['+dataset = ?', dataset],
    ['+last_attempt_ms >= ?', fromMs],
    ['+last_attempt_ms <= ?', toMs],
    ['+event_id IN (SELECT value FROM json_each(?))', ids && JSON.stringify(ids)],
    ['number IN (SELECT value FROM json_each(?))', numbers && JSON.stringify(numbers)],
  ];
  const set = parts.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return { sql: set.map(({ sql }) => sql).join(' AND '), parameters: set.map(({ value }) => value) };
}
