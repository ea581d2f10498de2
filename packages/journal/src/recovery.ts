// Opening: looks at the log, then fixes what was found: empty, foreign and unreadable files go, a torn tail is cut off.
// What nobody can read goes to the quarantine: kept for a person, out of the way of everything else.
import { dirname } from 'node:path';
import { errorText, writeAll } from './files.ts';
import { type InspectOptions, inspectLog } from './inspect-log.ts';
import type { JournalOptions } from './journal.ts';
import type { LossTracker } from './loss-tracker.ts';
import { quarantinePath } from './quarantine.ts';
import { readZeroFilled } from './record-cursor.ts';

interface RecoveryOptions extends InspectOptions, Pick<JournalOptions, 'now' | 'meter'> {
  readonly quarantine: string;
  readonly losses: LossTracker;
}

const chunkBytes = 1024 * 1024;

export async function recoverLog(options: RecoveryOptions) {
  const { files, directory, quarantine, losses, now, log, meter } = options;
  const found = await inspectLog(options);
  const moved = new Map<string, string>();
  for (const finding of found.findings) {
    const { kind, path } = finding;
    if (kind === 'empty') {
      await files.remove(path);
      await files.syncDirectory(directory);
    } else if (kind === 'torn') {
      await cutTail(path, finding.offset, finding.end);
    } else if (kind === 'whole') {
      await syncWhole(path);
    } else {
      if (kind === 'foreign') log.error('journal.foreign_segment', { path });
      await move(path, finding.bytes);
    }
  }
  for (const { path, at, kind, ...span } of found.lost) {
    losses.report({ ...span, where: `${moved.get(path) ?? path}${at}` }, kind);
  }
  const { set, logId, nextOrdinal } = found;
  return { set, logId, nextOrdinal };

  /** Whole records may be in the kernel's memory only, if our process died before its sync: readers see synced ones. */
  async function syncWhole(path: string): Promise<void> {
    const file = await files.open(path, 'update');
    try {
      await file.datasync();
    } catch (error) {
      log.error('journal.sync_failed', { path, why: errorText(error) });
    } finally {
      await file.close();
    }
  }

  /** Moves a whole file. Where that fails the file stays. */
  async function move(path: string, bytes: number): Promise<void> {
    const to = quarantinePath(quarantine, path, now(), 'bad');
    try {
      await files.rename(path, to);
      await files.syncDirectory(quarantine);
      await files.syncDirectory(dirname(path));
    } catch (error) {
      log.error('journal.quarantine_failed', { path, why: errorText(error) });
      return;
    }
    moved.set(path, to);
    meter.add('xiq_siem.journal.quarantined_bytes', bytes);
    log.error('journal.quarantined', { path, bytes, to });
  }

  async function cutTail(path: string, offset: number, end: number): Promise<void> {
    const to = quarantinePath(quarantine, path, now(), `${offset}.tail`);
    const bytes = end - offset;
    meter.add('xiq_siem.journal.damaged_records', 1, { kind: 'tail' });
    try {
      await copyAndCut(path, to, offset, end);
      meter.add('xiq_siem.journal.quarantined_bytes', bytes);
      log.warn('journal.tail_cut', { path, offset, bytes, to });
    } catch (error) {
      // Nothing reads the tail: the next segment's first sequence ends this one.
      log.error('journal.quarantine_failed', { path, offset, bytes, why: errorText(error) });
    }
  }

  /** Copies what stands in a file from `offset` to `end`, then cuts it off there. */
  async function copyAndCut(from: string, to: string, offset: number, end: number): Promise<void> {
    const source = await files.open(from, 'update');
    try {
      const target = await files.open(to, 'create');
      try {
        for (let at = offset; at < end; at += chunkBytes) {
          const buffer = Buffer.alloc(Math.min(chunkBytes, end - at));
          const length = await readZeroFilled(source, buffer, at);
          await writeAll(target, buffer.subarray(0, length), at - offset);
        }
        await target.datasync();
      } finally {
        await target.close();
      }
      await files.syncDirectory(quarantine);
      await source.truncate(offset);
      await source.datasync();
    } finally {
      await source.close();
    }
  }
}
