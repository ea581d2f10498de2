// Where bytes go that we cannot make sense of: kept for a person, out of the way of everything else.
import { basename, dirname, join } from 'node:path';
import type { Logger, Meter } from '@xiq-siem/core';
import { errorText, type Files, writeAll } from './files.ts';
import { readWhatCanBeRead } from './record-cursor.ts';

export interface Quarantine {
  /** Moves a whole file. Gives where it is now; where moving fails it stays, and that is said. */
  move(path: string, bytes: number): Promise<string>;
  /** Copies what stands in a file from `offset` to `end`, then cuts it off. Failures are said, not thrown. */
  cutTail(path: string, offset: number, end: number): Promise<void>;
}

/** When a file of that name came into the quarantine, in epoch milliseconds; undefined where it is none of ours. */
export function parsePlace(name: string): { readonly atMs: number } | undefined {
  const match = /\.segment\.(\d{1,15})\.(?:bad|\d+\.tail)$/.exec(name);
  return match === null ? undefined : { atMs: Number(match[1]) };
}

const chunkBytes = 1024 * 1024;

export function quarantine(files: Files, directory: string, now: () => number, log: Logger, meter: Meter): Quarantine {
  const placeFor = (path: string, ending: string): string => join(directory, `${basename(path)}.${now()}.${ending}`);

  async function copy(from: string, to: string, offset: number, end: number): Promise<void> {
    const source = await files.open(from, 'update');
    try {
      const target = await files.open(to, 'create');
      try {
        for (let at = offset; at < end; at += chunkBytes) {
          const buffer = Buffer.alloc(Math.min(chunkBytes, end - at));
          const length = await readWhatCanBeRead(source, buffer, at);
          await writeAll(target, buffer.subarray(0, length), at - offset);
        }
        await target.datasync();
      } finally {
        await target.close();
      }
      await files.syncDirectory(directory);
      await source.truncate(offset);
      await source.datasync();
    } finally {
      await source.close();
    }
  }

  return {
    async move(path, bytes) {
      const place = placeFor(path, 'bad');
      try {
        await files.rename(path, place);
        await files.syncDirectory(directory);
        await files.syncDirectory(dirname(path));
      } catch (error) {
        log.error('journal.quarantine_failed', { path, why: errorText(error) });
        return path;
      }
      meter.add('xiq_siem.journal.quarantined_bytes', bytes);
      log.error('journal.quarantined', { path, bytes, to: place });
      return place;
    },
    async cutTail(path, offset, end) {
      const place = placeFor(path, `${offset}.tail`);
      meter.add('xiq_siem.journal.damaged_records', 1, { kind: 'tail' });
      try {
        await copy(path, place, offset, end);
        meter.add('xiq_siem.journal.quarantined_bytes', end - offset);
        log.warn('journal.tail_cut', { path, offset, bytes: end - offset, to: place });
      } catch (error) {
        // Nothing reads the tail: the next segment's first sequence ends this one.
        log.error('journal.quarantine_failed', { path, offset, bytes: end - offset, why: errorText(error) });
      }
    },
  };
}
