// Which complete files are let go, as the operator configured.
import type { FileConfig } from './config.ts';
import { type ListedFile, utcDay } from './output-names.ts';

export type Limits = Pick<FileConfig, 'retainForDays' | 'maxBytes'>;

const dayMs = 86_400_000;

/** The complete files to delete: too old, or more than `maxBytes` together with `reservedBytes` for the current one. */
export function filesToDelete(
  complete: readonly ListedFile[],
  reservedBytes: number,
  limits: Limits,
  nowMs: number,
): readonly (ListedFile & { readonly reason: 'age' | 'bytes' })[] {
  const oldestDay = utcDay(nowMs - limits.retainForDays * dayMs);
  let total = complete.reduce((sum, { bytes }) => sum + bytes, reservedBytes);
  const deleted: (ListedFile & { readonly reason: 'age' | 'bytes' })[] = [];
  for (const file of complete) {
    const reason = file.day < oldestDay ? 'age' : total > limits.maxBytes ? 'bytes' : undefined;
    if (reason === undefined) continue;
    total -= file.bytes;
    deleted.push({ ...file, reason });
  }
  return deleted;
}
