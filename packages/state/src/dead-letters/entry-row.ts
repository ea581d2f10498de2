// Converts dead letters from and to rows of the state file, and verifies their checksum.
import type { DeadLetter } from '@xiq-siem/delivery';
import { z } from 'zod';
import { checksum } from '../checksum.ts';
import { entryOverheadBytes } from '../sqlite/schema.ts';
import type { ListedDeadLetter, StoredDeadLetter } from './dead-letters.ts';

const listed = z
  .object({
    number: z.int(),
    destination: z.string(),
    sequence: z.int(),
    element: z.int(),
    event_id: z.string(),
    dataset: z.string(),
    code: z.string(),
    message: z.string().nullable(),
    attempts: z.int(),
    first_attempt_ms: z.number(),
    last_attempt_ms: z.number(),
    receipt: z.string(),
  })
  .transform(
    ({ event_id: id, code, message, first_attempt_ms: firstAttemptMs, last_attempt_ms: lastAttemptMs, ...row }) => {
      const entry: ListedDeadLetter = { ...row, ...codeOf(code), id, firstAttemptMs, lastAttemptMs };
      return message === null ? entry : { ...entry, message };
    },
  );
const stored = z.object({ document: z.string(), crc: z.int() });

/**
 * The column `code` of a parked event starts with this. Therefore the checksum covers the state of an entry, the totals
 * count parked events apart, and a state file has the same tables with and without them.
 */
export const parkedPrefix = 'parked:';

/** The value of the column `code`. */
export const codeColumn = ({ code, parked }: Pick<DeadLetter, 'code' | 'parked'>): string =>
  parked === true ? `${parkedPrefix}${code}` : code;

/** Converts the column `code`. */
export const codeOf = (column: string): Pick<DeadLetter, 'code' | 'parked'> =>
  column.startsWith(parkedPrefix) ? { code: column.slice(parkedPrefix.length), parked: true } : { code: column };

export const listedColumns =
  'number, destination, sequence, element, event_id, dataset, code, message, attempts, first_attempt_ms, last_attempt_ms, receipt';

/** Converts a row of `listedColumns`. */
export const listedEntry = (row: unknown): ListedDeadLetter => listed.parse(row);

/** Converts such a row with `document` and `crc`; undefined if it is damaged. */
export function storedEntry(row: unknown): StoredDeadLetter | undefined {
  const found = listed.safeParse(row);
  const content = stored.safeParse(row);
  if (!found.success || !content.success) return undefined;
  const { document: json, crc } = content.data;
  const entry = { ...found.data, json };
  return entryChecksum(entry) === crc ? entry : undefined;
}

/** Covers `checkedColumns` and the document. */
export function entryChecksum(entry: DeadLetter): number {
  const { destination, sequence, element, id, dataset, message, json, receipt } = entry;
  const { attempts, firstAttemptMs, lastAttemptMs } = entry;
  const columns = [destination, sequence, element, id, dataset, codeColumn(entry), message, receipt];
  return checksum(JSON.stringify([...columns, attempts, firstAttemptMs, lastAttemptMs]), json);
}

/** Approximate bytes of an entry in the file. */
export const entryBytes = ({ json, message = '' }: DeadLetter): number =>
  Buffer.byteLength(json) + Buffer.byteLength(message) + entryOverheadBytes;
