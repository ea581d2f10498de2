// Repairs the log when it is opened: removes an empty file, cuts off a torn tail, and moves unreadable data and foreign
// files to the quarantine, where an operator can inspect them.
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
      await syncSegment(path);
    } else {
      if (kind === 'foreign') log.error('journal.foreign_segment', { path });
      await moveToQuarantine(path, finding.bytes);
    }
  }
  for (const { path, at, kind, ...span } of found.lost) {
    losses.report({ ...span, where: `${moved.get(path) ?? path}${at}` }, kind);
  }
  return found;

  /** If the process was killed before its sync, records may be only in the page cache. Readers must see synced ones only. */
  async function syncSegment(path: string): Promise<void> {
    const file = await files.open(path, 'update');
    try {
      await file.datasync();
    } catch (error) {
      log.error('journal.sync_failed', { path, error: errorText(error) });
    } finally {
      await file.close();
    }
  }

  /** Moves a file to the quarantine. If that fails, the file stays. */
  async function moveToQuarantine(path: string, bytes: number): Promise<void> {
    const to = quarantinePath(quarantine, path, now(), 'bad');
    try {
      await files.rename(path, to);
      await files.syncDirectory(quarantine);
      await files.syncDirectory(dirname(path));
    } catch (error) {
      log.error('journal.quarantine_failed', { path, error: errorText(error) });
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
      // Readers skip the tail: the first sequence of the next segment ends this one.
      log.error('journal.quarantine_failed', { path, offset, bytes, error: errorText(error) });
    }
  }

  /** Copies a file from `offset` to `end`, then cuts it off at `offset`. */
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
