// The output file in use: starts a new one by size and by UTC day, and deletes the oldest.
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DestinationContext, MetricTable } from '@xiq-siem/core';
import type { FileConfig } from './config.ts';
import { createDirectory } from './directory.ts';
import { type OutputFile, openOutputFile } from './output-file.ts';
import { type ListedFile, listOutputFiles, type OutputName, outputName, utcDay } from './output-names.ts';

export const fileMetrics = {
  lines_cut: { help: 'File: incomplete last lines that were removed when a file was opened.', unit: '{line}' },
  files_deleted: {
    help: 'File: old files that were deleted, as configured.',
    unit: '{file}',
    attributes: ['reason'],
  },
} as const satisfies MetricTable;

export type FileContext = DestinationContext<keyof typeof fileMetrics>;

const dayMs = 86_400_000;

/** Opens no file until `fileFor` is called. After an error of the disk, call `close`. */
export function createRotatingFile(directory: string, config: FileConfig, context: FileContext) {
  const { name, log, meter, now } = context;
  let current: OutputFile | undefined;

  /** An open file to which `moreBytes` can be appended: the current one, or else a new one. */
  async function fileFor(moreBytes: number): Promise<OutputFile> {
    if (current !== undefined && hasCapacity(current, moreBytes)) return current;
    await closeCurrent();
    await createDirectory(directory);
    const files = await listOutputFiles(directory, name);
    const newest = files.at(-1);
    if (newest !== undefined) current = await openFile(newest);
    if (current !== undefined && !hasCapacity(current, moreBytes)) await closeCurrent();

    const complete = current === undefined ? files : files.slice(0, -1);
    await deleteOld(complete, Math.max(config.rotateAtBytes, moreBytes));
    current ??= await openFile(outputName(directory, name, utcDay(now()), (newest?.number ?? 0) + 1));
    return current;
  }

  function hasCapacity(file: OutputFile, moreBytes: number): boolean {
    const fits = file.size() === 0 || file.size() + moreBytes <= config.rotateAtBytes;
    return fits && file.name.day === utcDay(now());
  }

  function openFile(output: OutputName): Promise<OutputFile> {
    return openOutputFile(output, (bytes) => {
      log.warn('destination.line_cut', { file: basename(output.path), bytes });
      meter.add('lines_cut', 1);
    });
  }

  /** Deletes files that are too old, and the oldest while all files and `reservedBytes` together exceed `maxBytes`. */
  async function deleteOld(complete: readonly ListedFile[], reservedBytes: number): Promise<void> {
    const oldestDay = utcDay(now() - config.retainForDays * dayMs);
    let total = complete.reduce((sum, { bytes }) => sum + bytes, reservedBytes);
    for (const { path, day, bytes } of complete) {
      const reason = day < oldestDay ? 'age' : total > config.maxBytes ? 'bytes' : undefined;
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

  return { fileFor, close: closeCurrent };
}
