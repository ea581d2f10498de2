// The checksum of what is stored: SQLite itself does not notice a flipped bit within a value.
import { crc32 } from 'node:zlib';

/** Those of an entry that its checksum covers, in this order; then its document. Not the number, which the database gives. */
export const checkedColumns =
  'destination, sequence, element, event_id, dataset, code, message, receipt, attempts, first_attempt_ms, last_attempt_ms';

/** Of texts in their order; where one ends is part of it. */
export const checksum = (...parts: readonly string[]): number =>
  parts.reduce((sum, part) => crc32(`${part.length}:${part}`, sum), 0);
