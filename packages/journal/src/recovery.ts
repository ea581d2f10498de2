// Opening: looks at the log, then mends what was found: empty, foreign and unreadable files go, a torn tail is cut off.
import type { Logger } from '@xiq-siem/core';
import { errorText, type Files } from './files.ts';
import { type FoundLog, type LookOptions, lookAtLog } from './look-at-log.ts';
import type { LostLedger } from './lost-ledger.ts';
import type { Quarantine } from './quarantine.ts';

export interface RecoveryOptions extends LookOptions {
  readonly quarantine: Quarantine;
  readonly ledger: LostLedger;
}

export type RecoveredLog = Pick<FoundLog, 'set' | 'logId' | 'nextOrdinal'>;

export async function recoverLog(options: RecoveryOptions): Promise<RecoveredLog> {
  const { files, directory, quarantine, ledger, log } = options;
  const found = await lookAtLog(options);
  const moved = new Map<string, string>();
  for (const finding of found.findings) {
    const { kind, path } = finding;
    if (kind === 'empty') {
      await files.remove(path);
      await files.syncDirectory(directory);
    } else if (kind === 'torn') {
      await quarantine.cutTail(path, finding.offset, finding.end);
    } else if (kind === 'whole') {
      await syncWhatIsSeen(files, path, log);
    } else {
      if (kind === 'foreign') log.error('journal.foreign_segment', { path });
      moved.set(path, await quarantine.move(path, finding.bytes));
    }
  }
  for (const { path, at, kind, ...span } of found.lost) {
    ledger.report({ ...span, where: `${moved.get(path) ?? path}${at}` }, kind);
  }
  return found;
}

/** Whole records may be in the kernel's memory only, if our process died before its sync: readers see synced ones. */
async function syncWhatIsSeen(files: Files, path: string, log: Logger): Promise<void> {
  const file = await files.open(path, 'update');
  try {
    await file.datasync();
  } catch (error) {
    log.error('journal.sync_failed', { path, why: errorText(error) });
  } finally {
    await file.close();
  }
}
