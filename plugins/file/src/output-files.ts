// Manages the output files of a directory: starts a new file by size and by UTC day, and deletes old files.
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DestinationContext, MetricTable } from '@xiq-siem/core';
import type { FileConfig } from './config.ts';
import { createDirectory } from './directory.ts';
import { type OutputFile, openOutputFile } from './output-file.ts';
import { type ListedFile, listOutputFiles, type OutputName, outputName, utcDay } from './output-names.ts';

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
} as const satisfies MetricTable;

export type FileContext = DestinationContext<keyof typeof fileMetrics>;

const dayMs = 86_400_000;

/** Opens no file before `fileWithSpaceFor` is called. After a disk error, call `close`: the next call opens the file again. */
export function createOutputFiles(directory: string, config: FileConfig, context: FileContext) {
  const { name, log, meter, now } = context;
  let current: OutputFile | undefined;

  /** Returns an open file with space for `moreBytes`: the current file, the newest file of the directory, or a new file. */
  async function fileWithSpaceFor(moreBytes: number): Promise<OutputFile> {
    if (current !== undefined && hasCapacity(current, moreBytes)) return current;
    await closeCurrent();
    await createDirectory(directory);
    const files = await listOutputFiles(directory, name);
    const newest = files.at(-1);
    if (newest !== undefined) current = await openFile(newest);
    if (current !== undefined && !hasCapacity(current, moreBytes)) await closeCurrent();

    const closedFiles = current === undefined ? files : files.slice(0, -1);
    await deleteOld(closedFiles, Math.max(config.rotateAtBytes, moreBytes));
    current ??= await openFile(outputName(directory, name, utcDay(now()), (newest?.number ?? 0) + 1));
    return current;
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
      const reason = day < oldestDay ? 'age' : total > config.maxBytes ? 'total_size' : undefined;
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
    await file?.close();
  }

  return { fileWithSpaceFor, close: closeCurrent };
}
