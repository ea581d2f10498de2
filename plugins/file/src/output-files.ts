// Manages the output files of a directory: starts a new file by size and by UTC day, and deletes old files.
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DestinationContext, MetricTable } from '@xiq-siem/core';
import type { FileConfig } from './config.ts';
import { createDirectory } from './directory.ts';
import {
  createOutputFile,
  type FileChange,
  isTruncated,
  notAFile,
  type OutputFile,
  openOutputFile,
} from './output-file.ts';
import { type ListedFile, listOutputFiles, type OutputName, outputName, utcDay } from './output-names.ts';
import { createRecentAppends, keptMs } from './recent-appends.ts';

export const fileMetrics = {
  incomplete_lines_removed: {
    help: 'File: incomplete last lines that were removed when a file was opened.',
    unit: '{line}',
  },
  files_deleted: {
    help: 'File: deleted files, by reason: `age` (retainForDays) or `total_size` (maxBytes).',
    unit: '{file}',
    attributes: ['reason'],
  },
  file_changes: {
    help: 'File: changes of the current file by other programs, by reason: `moved`, `deleted`, `truncated` or `grown`.',
    unit: '{change}',
    attributes: ['reason'],
  },
  bytes_written_again: {
    help: 'File: bytes of the last 10 seconds that were written again because the file was truncated. The truncated copy may have them too.',
    unit: 'By',
  },
} as const satisfies MetricTable;

export type FileContext = DestinationContext<keyof typeof fileMetrics>;

const dayMs = 86_400_000;
/** Closed files that are compared with their size before each append. */
const maxWatched = 8;

/** Opens no file before the first append. After a disk error, call `closeAfterFault`: the next append opens the file again. */
export function createOutputFiles(directory: string, config: FileConfig, context: FileContext) {
  const { name, log, meter, now } = context;
  const recent = createRecentAppends();
  let current: OutputFile | undefined;
  /** Files that were closed lately, to notice that one is truncated. */
  let closed: readonly { readonly path: string; readonly id: string; readonly size: number; readonly atMs: number }[] =
    [];
  let reopenRequested = false;
  let lastNumber = 0;
  /** Lines that were delivered, and that a truncation may have lost. */
  let toWriteAgain: Uint8Array = Buffer.alloc(0);

  /**
   * Appends `bytes` to the current file, and first what a truncation may have lost. `unchanged`: the file that has the path
   * now has them on disk. `ensureSpace` gets the number of bytes to write.
   */
  async function appendLines(
    bytes: Uint8Array,
    ensureSpace: (bytes: number) => Promise<void>,
  ): Promise<Exclude<FileChange, 'grown'>> {
    await closeIfChanged();
    const file = await fileWithSpaceFor(toWriteAgain.length + bytes.length);
    const again = toWriteAgain;
    const all = again.length === 0 ? bytes : Buffer.concat([again, bytes]);
    await ensureSpace(all.length);
    const change = await file.append(all);
    if (change === 'unchanged' || change === 'grown') {
      recent.add(all, now());
      toWriteAgain = Buffer.alloc(0);
      if (again.length > 0) {
        log.warn('destination.lines_written_again', { file: basename(file.name.path), bytes: again.length });
        meter.add('bytes_written_again', again.length);
      }
    }
    if (change === 'unchanged') return change;
    await closeChanged(file, change);
    return change === 'grown' ? 'unchanged' : change;
  }

  async function closeIfChanged(): Promise<void> {
    const change = await current?.change();
    if (current !== undefined && change !== undefined && change !== 'unchanged') await closeChanged(current, change);
    if (reopenRequested) await closeCurrent();
    reopenRequested = false;
    closed = closed.filter(({ atMs }) => now() - atMs <= keptMs).slice(-maxWatched);
    for (const file of closed) {
      if (await isTruncated(file)) noteTruncated(file);
    }
  }

  function noteTruncated({ path }: { readonly path: string }): void {
    note(path, 'truncated');
    closed = closed.filter((file) => file.path !== path);
    toWriteAgain = Buffer.concat([recent.take(now()), toWriteAgain]);
  }

  function note(path: string, reason: FileChange): void {
    log[reason === 'moved' ? 'info' : 'warn']('destination.file_changed', { file: basename(path), reason });
    meter.add('file_changes', 1, { reason });
  }

  async function closeChanged({ name: { path } }: OutputFile, change: FileChange): Promise<void> {
    await closeCurrent();
    if (change === 'truncated') return noteTruncated({ path });
    note(path, change);
    closed = closed.filter((file) => file.path !== path);
  }

  /** Returns an open file with space for `moreBytes`: the current file, the newest file of the directory, or a new file. */
  async function fileWithSpaceFor(moreBytes: number): Promise<OutputFile> {
    if (current !== undefined && hasCapacity(current, moreBytes)) return current;
    await closeCurrent();
    await createDirectory(directory);
    const { files, obstacle, highestNumber } = await listOutputFiles(directory, name);
    if (obstacle !== undefined) throw notAFile(obstacle);
    const newest = files.at(-1);
    if (newest !== undefined) current = await openFile(newest);
    noteIfTruncated(current);
    if (current !== undefined && !hasCapacity(current, moreBytes)) await closeCurrent();

    const closedFiles = current === undefined ? files : files.slice(0, -1);
    await deleteOld(closedFiles, Math.max(config.rotateAtBytes, moreBytes));
    // Not below the number before: the file may have been moved to another directory.
    lastNumber = Math.max(lastNumber, highestNumber);
    if (current === undefined) {
      lastNumber += 1;
      current = await createOutputFile(outputName(directory, name, utcDay(now()), lastNumber));
    }
    return current;
  }

  /** For a file that was truncated since it was closed. */
  function noteIfTruncated(opened: OutputFile | undefined): void {
    const before = closed.find(({ id }) => id === opened?.id);
    if (before === undefined || opened === undefined) return;
    if (opened.size() < before.size) noteTruncated(before);
    closed = closed.filter((file) => file !== before);
  }

  function hasCapacity(file: OutputFile, moreBytes: number): boolean {
    const fits = file.size() === 0 || file.size() + moreBytes <= config.rotateAtBytes;
    return fits && file.name.day === utcDay(now());
  }

  function openFile(output: OutputName): Promise<OutputFile> {
    return openOutputFile(output, (bytes) => {
      log.warn('destination.incomplete_line_removed', { file: basename(output.path), bytes });
      meter.add('incomplete_lines_removed', 1);
    });
  }

  /** Deletes files older than `retainForDays`, then the oldest files until the rest and `reservedBytes` are within `maxBytes`. */
  async function deleteOld(closedFiles: readonly ListedFile[], reservedBytes: number): Promise<void> {
    const oldestDay = utcDay(now() - config.retainForDays * dayMs);
    let total = closedFiles.reduce((sum, { bytes }) => sum + bytes, reservedBytes);
    for (const { path, day, bytes } of closedFiles) {
      const isOld = day < oldestDay && context.mayDeleteByAge();
      const reason = isOld ? 'age' : total > config.maxBytes ? 'total_size' : undefined;
      if (reason === undefined) continue;
      await rm(path, { force: true });
      total -= bytes;
      log.info('destination.file_deleted', { file: basename(path), bytes, reason });
      meter.add('files_deleted', 1, { reason });
    }
  }

  async function closeCurrent(): Promise<void> {
    const file = current;
    current = undefined;
    if (file === undefined) return;
    closed = [...closed, { path: file.name.path, id: file.id, size: file.size(), atMs: now() }];
    await file.close();
  }

  /** The next append opens the newest file of the directory by its path. */
  function requestReopen(): void {
    reopenRequested = true;
  }

  /** Also writes what a truncation may have lost. */
  async function closeForGood(): Promise<void> {
    await closeIfChanged();
    if (toWriteAgain.length > 0) await appendLines(Buffer.alloc(0), async () => {});
    await closeCurrent();
  }

  return { append: appendLines, requestReopen, closeAfterFault: closeCurrent, close: closeForGood };
}
