// The file that is written to now: a new one by size and by day, the oldest deleted.
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DestinationContext, MetricTable } from '@xiq-siem/core';
import type { FileConfig } from './config.ts';
import { makeDirectory } from './directory.ts';
import { type OutputFile, openOutputFile } from './output-file.ts';
import { type ListedFile, listOutputFiles, type OutputName, outputName, utcDay } from './output-names.ts';

export const fileMetrics = {
  lines_cut: { help: 'File: torn last lines that were removed at a start.', unit: '{line}' },
  files_deleted: {
    help: 'File: old files that were deleted, as configured.',
    unit: '{file}',
    attributes: ['reason'],
  },
} as const satisfies MetricTable;

export type FileContext = DestinationContext<keyof typeof fileMetrics>;

const dayMs = 86_400_000;

/** Opens nothing by itself. Rejections are the disk's: after one, or after one of the file's, call `release`. */
export function rotatingFile(directory: string, config: FileConfig, context: FileContext) {
  const { name, log, meter, now } = context;
  let current: OutputFile | undefined;

  /** An open file that takes `moreBytes`: the current one as long as it does. */
  async function ready(moreBytes: number): Promise<OutputFile> {
    if (current !== undefined && takes(current, moreBytes)) return current;
    await release();
    await makeDirectory(directory);
    const files = await listOutputFiles(directory, name);
    const newest = files.at(-1);
    if (newest !== undefined) current = await openWhole(newest);
    if (current !== undefined && !takes(current, moreBytes)) await release();

    const complete = current === undefined ? files : files.slice(0, -1);
    await deleteOld(complete, Math.max(config.rotateAtBytes, moreBytes));
    current ??= await openWhole(outputName(directory, name, utcDay(now()), (newest?.number ?? 0) + 1));
    return current;
  }

  function takes(file: OutputFile, moreBytes: number): boolean {
    const fits = file.size() === 0 || file.size() + moreBytes <= config.rotateAtBytes;
    return fits && file.name.day === utcDay(now());
  }

  function openWhole(output: OutputName): Promise<OutputFile> {
    return openOutputFile(output, (bytes) => {
      log.warn('destination.line_cut', { file: basename(output.path), bytes });
      meter.add('lines_cut', 1);
    });
  }

  /** Deletes files that are too old, or more than `maxBytes` together with `reservedBytes` for the current one. */
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

  /** Closes the file for good: `ready` then opens it again, and cuts a torn last line off. */
  async function release(): Promise<void> {
    const file = current;
    current = undefined;
    await file?.close();
  }

  return { ready, release };
}
