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
  .transform(({ event_id: id, message, first_attempt_ms: firstAttemptMs, last_attempt_ms: lastAttemptMs, ...row }) => {
    const entry: ListedDeadLetter = { ...row, id, firstAttemptMs, lastAttemptMs };
    return message === null ? entry : { ...entry, message };
  });
const stored = z.object({ document: z.string(), crc: z.int() });

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
  const { destination, sequence, element, id, dataset, code, message, json, receipt } = entry;
  const { attempts, firstAttemptMs, lastAttemptMs } = entry;
  const columns = [destination, sequence, element, id, dataset, code, message, receipt];
  return checksum(JSON.stringify([...columns, attempts, firstAttemptMs, lastAttemptMs]), json);
}

/** Approximate bytes of an entry in the file. */
export const entryBytes = ({ json, message = '' }: DeadLetter): number =>
  Buffer.byteLength(json) + Buffer.byteLength(message) + entryOverheadBytes;
