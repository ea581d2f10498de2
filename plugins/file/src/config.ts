// The configuration of the file destination. The reference is generated from the descriptions.
import { z } from 'zod';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
const bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const fileConfig = z
  .strictObject({
    directory: z
      .string()
      .min(1)
      .describe('Directory of the output files. If it is missing, it is created; only its owner can read it.'),
    rotateAtBytes: bytes
      .min(4096)
      .default(64 * mebibyte)
      .describe('A new file starts before one exceeds this size, and every UTC day.'),
    retainForDays: z
      .int()
      .min(1)
      .max(36_500)
      .default(30)
      .describe('Files whose UTC day is more days ago are deleted when a new file starts.'),
    maxBytes: bytes
      .default(5 * gibibyte)
      .describe(
        'Size limit of all files of this destination together: the oldest are deleted. At least 2 x rotateAtBytes.',
      ),
    minFreeBytes: bytes
      .default(gibibyte)
      .describe('Disk space to leave free. If less is free, nothing is written and events wait in the journal.'),
  })
  .refine(({ maxBytes, rotateAtBytes }) => maxBytes >= 2 * rotateAtBytes, {
    path: ['maxBytes'],
    error: 'expected at least 2 x rotateAtBytes, or the newest file would be deleted as soon as it is full',
  });

export type FileConfig = z.output<typeof fileConfig>;
