// The file destination's configuration; the descriptions become the reference.
import { z } from 'zod';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
const bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const fileConfig = z
  .strictObject({
    directory: z
      .string()
      .min(1)
      .describe('Where the files are written. Made, readable by the owner alone, if it is not there.'),
    rotateAtBytes: bytes
      .min(4096)
      .default(64 * mebibyte)
      .describe('A new file is begun before one grows beyond this, and every UTC day.'),
    retainForDays: z
      .int()
      .min(1)
      .max(36_500)
      .default(30)
      .describe('Files of UTC days longer ago than this are deleted when a new file is begun.'),
    maxBytes: bytes
      .default(5 * gibibyte)
      .describe(
        'All files of this destination together: the oldest are deleted to stay below. At least 2 x rotateAtBytes.',
      ),
    minFreeBytes: bytes
      .default(gibibyte)
      .describe('Free disk space that is left to others: below it nothing is written, and events wait in the journal.'),
  })
  .refine(({ maxBytes, rotateAtBytes }) => maxBytes >= 2 * rotateAtBytes, {
    path: ['maxBytes'],
    error: 'expected at least 2 x rotateAtBytes, or the newest file would be deleted as soon as it is full',
  });

export type FileConfig = z.output<typeof fileConfig>;
