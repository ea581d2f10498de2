// Names the files in the quarantine and prunes them: a file is removed after 30 days, or when newer ones reach 256 MiB or
// 1000 files. The newest file is removed by age only.
import { basename, join } from 'node:path';
import type { AgeGuard, Logger } from '@xiq-siem/core';
import { errorText, type Files } from './files.ts';

const maxAgeMs = 30 * 24 * 3_600_000;
const maxBytes = 256 * 1024 * 1024;
const maxFiles = 1000;
const everyMs = 3_600_000;
const namePattern = /\.segment\.(\d{1,15})\.(?:bad|\d+\.tail)$/;

/** The quarantine path of a segment file or a part of it. */
export function quarantinePath(directory: string, segmentPath: string, nowMs: number, ending: string): string {
  return join(directory, `${basename(segmentPath)}.${nowMs}.${ending}`);
}

/** Returns a function that prunes at most once an hour. It logs errors, and leaves files that others put there. */
export function quarantinePruning(
  files: Files,
  directory: string,
  now: () => number,
  { mayDeleteByAge }: Pick<AgeGuard, 'mayDeleteByAge'>,
  log: Logger,
): () => Promise<void> {
  let prunedAt = Number.NEGATIVE_INFINITY;
  return async function pruneQuarantine() {
    if (Math.abs(now() - prunedAt) < everyMs) return;
    prunedAt = now();
    await prune(files, directory, mayDeleteByAge() ? prunedAt : undefined, log).catch((error: unknown) =>
      log.warn('journal.quarantine_prune_failed', { directory, error: errorText(error) }),
    );
  };
}

/** Without `nowMs` nothing is removed by age. */
async function prune(files: Files, directory: string, nowMs: number | undefined, log: Logger): Promise<void> {
  const found: { path: string; atMs: number; size: number }[] = [];
  for (const name of await files.list(directory)) {
    const atMs = namePattern.exec(name)?.[1];
    if (atMs === undefined) continue;
    const path = join(directory, name);
    const file = await files.open(path, 'read');
    const { size } = await file.status().finally(file.close);
    found.push({ path, atMs: Number(atMs), size });
  }
  // Newest first.
  found.sort((a, b) => b.atMs - a.atMs);
  let bytes = 0;
  let removed = 0;
  for (const [index, { path, atMs, size }] of found.entries()) {
    bytes += size;
    const isOld = nowMs !== undefined && nowMs - atMs > maxAgeMs;
    const reason = isOld ? 'age' : index > 0 && bytes > maxBytes ? 'bytes' : 'files';
    if (reason === 'files' && index < maxFiles) continue;
    await files.remove(path);
    log.warn('journal.quarantine_pruned', { path, bytes: size, reason });
    removed += 1;
  }
  if (removed > 0) await files.syncDirectory(directory);
}
