// The checksum of what is stored: SQLite itself does not notice a flipped bit within a value.
import { crc32 } from 'node:zlib';

/** Of texts in their order; where one ends is part of it. */
export const checksum = (...parts: readonly string[]): number =>
  parts.reduce((sum, part) => crc32(`${part.length}:${part}`, sum), 0);
