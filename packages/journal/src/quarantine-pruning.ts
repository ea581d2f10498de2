// Bounds the quarantine: a file goes after 30 days, or when newer ones come to 256 MiB or 1000 files. The newest stays
// until it is old, however large it is.
import { join } from 'node:path';
import type { Logger } from '@xiq-siem/core';
import { errorText, type Files } from './files.ts';
import { parsePlace } from './quarantine.ts';

const keepForMs = 30 * 24 * 3_600_000;
const keepBytes = 256 * 1024 * 1024;
const keepFiles = 1000;
const everyMs = 3_600_000;

interface Kept {
  readonly path: string;
  readonly atMs: number;
  readonly bytes: number;
}

/** What prunes when an hour has passed since it last did. What fails is said, not thrown; files of another's are left. */
export function quarantinePruning(
  files: Files,
  directory: string,
  now: () => number,
  log: Logger,
): () => Promise<void> {
  let prunedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (Math.abs(now() - prunedAt) < everyMs) return;
    prunedAt = now();
    try {
      await prune(files, directory, now(), log);
    } catch (error) {
      log.warn('journal.quarantine_prune_failed', { directory, why: errorText(error) });
    }
  };
}

async function prune(files: Files, directory: string, nowMs: number, log: Logger): Promise<void> {
  const found = await list(files, directory);
  let bytes = 0;
  let removed = 0;
  for (const [index, { path, atMs, bytes: size }] of found.entries()) {
    bytes += size;
    const why = nowMs - atMs > keepForMs ? 'age' : index > 0 && bytes > keepBytes ? 'bytes' : 'files';
    if (why === 'files' && index < keepFiles) continue;
    await files.remove(path);
    log.warn('journal.quarantine_pruned', { path, bytes: size, why });
    removed += 1;
  }
  if (removed > 0) await files.syncDirectory(directory);
}

/** Newest first. */
async function list(files: Files, directory: string): Promise<readonly Kept[]> {
  const found: Kept[] = [];
  for (const name of await files.list(directory)) {
    const placed = parsePlace(name);
    if (placed === undefined) continue;
    const path = join(directory, name);
    const file = await files.open(path, 'read');
    try {
      const { size } = await file.status();
      found.push({ path, atMs: placed.atMs, bytes: size });
    } finally {
      await file.close();
    }
  }
  return found.sort((a, b) => b.atMs - a.atMs);
}
