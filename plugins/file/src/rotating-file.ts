// The file that is written to now, whichever that is: one after the other, by size and by day, the oldest deleted.
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DestinationContext } from '@xiq-siem/core';
import type { FileConfig } from './config.ts';
import { makeDirectory } from './directory.ts';
import { type OutputFile, openOutputFile } from './output-file.ts';
import { type ListedFile, listOutputFiles, type OutputName, outputName, utcDay } from './output-names.ts';
import { filesToDelete } from './retention.ts';

export interface RotatingFile {
  /** An open file that takes `moreBytes`; only newly opened files cost more than a look. */
  ready(moreBytes: number): Promise<OutputFile>;
  /** Closes the file for good: `ready` then opens anew, and mends what was left. */
  release(): Promise<void>;
}

/** Opens nothing by itself. Rejections are the disk's; whoever gets one, or one of the file's, calls `release`. */
export function rotatingFile(directory: string, config: FileConfig, context: DestinationContext): RotatingFile {
  let current: OutputFile | undefined;

  async function ready(moreBytes: number): Promise<OutputFile> {
    if (current !== undefined && takes(current, moreBytes)) return current;
    await release();
    await makeDirectory(directory);
    const files = await listOutputFiles(directory, context.name);
    const newest = files.at(-1);
    if (newest !== undefined) current = await openWhole(newest);
    if (current !== undefined && !takes(current, moreBytes)) await release();

    const complete = current === undefined ? files : files.slice(0, -1);
    await deleteOld(complete, Math.max(config.rotateAtBytes, moreBytes));
    const next = (newest?.number ?? 0) + 1;
    current ??= await openWhole(outputName(directory, context.name, utcDay(context.now()), next));
    return current;
  }

  function takes(file: OutputFile, moreBytes: number): boolean {
    const fits = file.size() === 0 || file.size() + moreBytes <= config.rotateAtBytes;
    return fits && file.name.day === utcDay(context.now());
  }

  function openWhole(name: OutputName): Promise<OutputFile> {
    return openOutputFile(name, (bytes) => {
      context.log.warn('destination.line_cut', { file: basename(name.path), bytes });
      context.meter.add('xiq_siem.destination.lines_cut', 1, { destination: context.name });
    });
  }

  async function deleteOld(complete: readonly ListedFile[], reservedBytes: number): Promise<void> {
    for (const { path, bytes, reason } of filesToDelete(complete, reservedBytes, config, context.now())) {
      await rm(path, { force: true });
      context.log.info('destination.file_deleted', { file: basename(path), bytes, reason });
      context.meter.add('xiq_siem.destination.files_deleted', 1, { destination: context.name, reason });
    }
  }

  async function release(): Promise<void> {
    const file = current;
    current = undefined;
    await file?.close();
  }

  return { ready, release };
}
