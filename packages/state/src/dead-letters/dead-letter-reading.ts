// Reads dead letters, of a running or a stopped connector.
import type { Logger } from '@xiq-siem/core';
import type { ParkedEvents } from '@xiq-siem/delivery';
import { z } from 'zod';
import type { Reading, Row, SqlValue } from '../sqlite/database.ts';
import type {
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetterReading,
  FoundDeadLetter,
  ListedDeadLetter,
  StoredDeadLetter,
  UndeliveredEvent,
} from './dead-letters.ts';
import { codeColumn, codeOf, listedColumns, listedEntry, parkedPrefix, storedEntry } from './entry-row.ts';
import { conditionOf, isParked } from './filter-sql.ts';

const maxPage = 1000;
const batchEntries = 100;
const batchBytes = 1024 * 1024;
const undeliveredAtOnce = 5000;

const countsRow = z.object({
  destination: z.string(),
  open: z.int(),
  parked: z.int(),
  delivered: z.int(),
  dropped: z.int(),
  lost: z.int(),
  from_jobs: z.int(),
});
const groupRow = z.object({
  destination: z.string(),
  code: z.string(),
  dataset: z.string(),
  open: z.int(),
  oldest: z.number(),
  newest: z.number(),
});
const extentRow = z.object({ last: z.int().nullable(), matching: z.int() });
const placeRow = z.object({ sequence: z.int(), element: z.int() });
const eventRow = placeRow.extend({ destination: z.string() });
const undeliveredRow = eventRow.extend({ code: z.string() });
const resolvedRow = eventRow.extend({
  number: z.int(),
  code: z.string(),
  last_attempt_ms: z.number(),
  how: z.enum(['delivered', 'dropped']),
  at_ms: z.number(),
  resolved_by: z.string(),
});

const withDocuments = `SELECT ${listedColumns}, document, crc FROM dead_letters LEFT JOIN dead_letter_documents USING (number)`;

/** The index gives min and max of a group by one lookup each. */
const groupsSql = `SELECT destination, code, dataset, open,
  (SELECT min(last_attempt_ms) FROM dead_letters d WHERE d.destination = g.destination AND d.code = g.code AND d.dataset = g.dataset) AS oldest,
  (SELECT max(last_attempt_ms) FROM dead_letters d WHERE d.destination = g.destination AND d.code = g.code AND d.dataset = g.dataset) AS newest
  FROM dead_letter_groups g WHERE open > 0`;

const countsSql = `SELECT destination, coalesce(sum(open) FILTER (WHERE NOT ${isParked}), 0) AS open,
  coalesce(sum(open) FILTER (WHERE ${isParked}), 0) AS parked, coalesce(max(delivered), 0) AS delivered,
  coalesce(max(dropped), 0) AS dropped, coalesce(max(lost), 0) AS lost, coalesce(max(from_jobs), 0) AS from_jobs
  FROM dead_letter_totals LEFT JOIN dead_letter_groups USING (destination) GROUP BY destination`;

/** The last resolution of each event counts: it may have been dropped once and delivered by a job later. An open entry is newer. */
const undeliveredSql = `SELECT sequence, element, destination, code FROM dead_letters WHERE (sequence, element, destination) > (?1, ?2, ?3)
  UNION
  SELECT sequence, element, destination, '' AS code FROM resolved r WHERE how = 'dropped' AND (sequence, element, destination) > (?1, ?2, ?3)
    AND NOT EXISTS (SELECT 1 FROM resolved l WHERE l.sequence = r.sequence AND l.element = r.element
      AND l.destination = r.destination AND l.id > r.id)
    AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d.sequence = r.sequence AND d.element = r.element
      AND d.destination = r.destination)
  ORDER BY sequence, element, destination LIMIT ${undeliveredAtOnce}`;

/** By the index of groups: the number of dead letters does not matter. `;` follows `:`. */
const parkedSql = `SELECT number, bytes FROM dead_letters WHERE destination = ? AND code >= '${parkedPrefix}' AND code < 'parked;'
  AND +number > ? ORDER BY +number LIMIT ?`;
const sizeRow = z.object({ number: z.int(), bytes: z.int() });

export function deadLetterReading(
  database: Reading,
  log: Logger,
): DeadLetterReading & Pick<ParkedEvents, 'readParked' | 'storedFrom'> {
  const rows = (sql: string, ...parameters: readonly SqlValue[]) => database.read(sql, parameters);

  /** A damaged entry is never sent. It stays open and is logged at each read. */
  function intactEntry(row: Row): readonly StoredDeadLetter[] {
    const entry = storedEntry(row);
    if (entry !== undefined) return [entry];
    const { number, destination } = row;
    log.error('dead_letters.damaged', { number: Number(number), destination: String(destination) });
    return [];
  }

  async function extent(filter: DeadLetterFilter, upTo?: number) {
    const { sql, parameters } = conditionOf(filter, 0, upTo);
    const [row] = await rows(
      `SELECT max(number) AS last, count(*) AS matching FROM dead_letters WHERE ${sql}`,
      ...parameters,
    );
    const { last, matching } = extentRow.parse(row);
    return { lastNumber: last ?? 0, matching };
  }

  async function countEntries() {
    const found = z.array(countsRow).parse(await rows(countsSql));
    return new Map(
      found.map(({ destination, from_jobs: fromJobs, ...counts }) => [destination, { ...counts, fromJobs }]),
    );
  }

  async function listGroups() {
    const found = z.array(groupRow).parse(await rows(groupsSql));
    return found.map(({ open: count, oldest: oldestMs, newest: newestMs, code, ...group }) => {
      return { ...group, ...codeOf(code), count, oldestMs, newestMs };
    });
  }

  async function getEntry(number: number): Promise<StoredDeadLetter | undefined> {
    return (await rows(`${withDocuments} WHERE number = ?`, number)).flatMap(intactEntry)[0];
  }

  async function findEntries(sequence: number, element?: number): Promise<readonly FoundDeadLetter[]> {
    const place = element === undefined ? [sequence, 0, Number.MAX_SAFE_INTEGER] : [sequence, element, element];
    const condition = 'WHERE sequence = ? AND element BETWEEN ? AND ?';
    const open = await rows(`SELECT ${listedColumns} FROM dead_letters ${condition} ORDER BY number`, ...place);
    const sql = `SELECT * FROM resolved ${condition} ORDER BY at_ms DESC, element, id DESC`;
    const resolved = z.array(resolvedRow).parse(await rows(sql, ...place));
    return [...open.map(listedEntry), ...resolved.map(resolvedEntry)];
  }

  async function* readUndelivered(fromSequence: number): AsyncIterable<readonly UndeliveredEvent[]> {
    let after: readonly SqlValue[] = [fromSequence, -1, ''];
    for (;;) {
      const found = z.array(undeliveredRow).parse(await rows(undeliveredSql, ...after));
      if (found.length > 0) yield found.map(({ code, ...event }) => ({ ...codeOf(code), ...event }));
      const last = found.at(-1);
      if (last === undefined || found.length < undeliveredAtOnce) return;
      after = [last.sequence, last.element, last.destination];
    }
  }

  async function* readEntries(filter: DeadLetterFilter, lastNumber: number, signal: AbortSignal) {
    let after = 0;
    let batch: StoredDeadLetter[] = [];
    let bytes = 0;
    // A few at a time: each document may be large.
    while (!signal.aborted) {
      const { sql, parameters } = conditionOf(filter, after, lastNumber);
      const found = await rows(
        `${withDocuments} WHERE ${sql} ORDER BY number LIMIT ${batchEntries / 4}`,
        ...parameters,
      );
      const { number: reached } = found.at(-1) ?? { number: lastNumber };
      after = Number(reached);
      for (const entry of found.flatMap(intactEntry)) {
        batch.push(entry);
        bytes += entry.json.length;
      }
      const isEnd = after >= lastNumber || found.length === 0;
      if (batch.length > 0 && (isEnd || batch.length >= batchEntries || bytes >= batchBytes) && !signal.aborted) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      if (isEnd) return;
    }
  }

  async function storedFrom(destination: string, sequence: number) {
    const sql = 'SELECT sequence, element FROM dead_letters WHERE sequence >= ? AND +destination = ? AND from_job = 0';
    return z.array(placeRow).parse(await rows(sql, sequence, destination));
  }

  async function readParked(destination: string, after: number, limits: Parameters<ParkedEvents['readParked']>[2]) {
    const sizes = z.array(sizeRow).parse(await rows(parkedSql, destination, after, limits.maxEvents));
    let bytes = 0;
    const some = sizes.filter((one, index) => {
      bytes += one.bytes;
      return index === 0 || bytes <= limits.maxBytes;
    });
    const numbers = JSON.stringify(some.map(({ number }) => number));
    const sql = `${withDocuments} WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number`;
    const entries = some.length === 0 ? [] : (await rows(sql, numbers)).flatMap(intactEntry);
    return { entries, next: some.at(-1)?.number };
  }

  async function newestParked(destination: string): Promise<ListedDeadLetter | undefined> {
    const ofDestination = (await listGroups()).filter((group) => group.parked && group.destination === destination);
    const [newest] = ofDestination.sort((one, other) => other.newestMs - one.newestMs);
    if (newest === undefined) return undefined;
    const sql = `SELECT ${listedColumns} FROM dead_letters
      WHERE destination = ? AND code = ? AND dataset = ? AND last_attempt_ms = ? ORDER BY number DESC LIMIT 1`;
    const { dataset, newestMs } = newest;
    return (await rows(sql, destination, codeColumn(newest), dataset, newestMs)).map(listedEntry)[0];
  }

  async function newestEvents(destination: string, limit: number) {
    const sql = 'SELECT sequence, element FROM dead_letters WHERE +destination = ? ORDER BY number DESC LIMIT ?';
    return z.array(placeRow).parse(await rows(sql, destination, limit));
  }

  async function listEntries(
    filter: DeadLetterFilter,
    { after = 0, limit }: Parameters<DeadLetterReading['list']>[1],
  ): Promise<DeadLetterPage> {
    const { matching: matched } = await extent(filter);
    const size = Math.max(1, Math.min(limit, maxPage));
    const { sql, parameters } = conditionOf(filter, after);
    const page = `SELECT ${listedColumns} FROM dead_letters WHERE ${sql} ORDER BY number LIMIT ${size + 1}`;
    const found = await rows(page, ...parameters);
    const entries = found.slice(0, size).map(listedEntry);
    const last = entries.at(-1)?.number;
    return found.length <= size || last === undefined ? { entries, matched } : { entries, matched, next: last };
  }

  return {
    counts: countEntries,
    groups: listGroups,
    list: listEntries,
    get: getEntry,
    find: findEntries,
    undelivered: readUndelivered,
    extent,
    read: readEntries,
    newest: newestEvents,
    newestParked,
    storedFrom,
    readParked,
  };
}

const resolvedEntry = ({
  last_attempt_ms: lastAttemptMs,
  how,
  at_ms: atMs,
  resolved_by: by,
  code,
  ...entry
}: z.output<typeof resolvedRow>) => ({
  ...entry,
  ...codeOf(code),
  lastAttemptMs,
  resolved: { how, atMs, by },
});
