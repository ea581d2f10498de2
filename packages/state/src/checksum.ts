// Checksums of stored values: SQLite does not detect a flipped bit within a value.
import { crc32 } from 'node:zlib';

/** The columns of an entry that its checksum covers, in this order, followed by the document. The number is not covered. */
export const checkedColumns =
  'destination, sequence, element, event_id, dataset, code, message, receipt, attempts, first_attempt_ms, last_attempt_ms';

/** Covers the texts in their order, and their lengths. */
export const checksum = (...parts: readonly string[]): number =>
  parts.reduce((sum, part) => crc32(`${part.length}:${part}`, sum), 0);
