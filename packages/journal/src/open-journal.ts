// Opens a journal: joins the segments, their writer and readers, the positions and the retention.
import { join } from 'node:path';
import { ConnectorError, createSerialQueue } from '@xiq-siem/core';
import { errorText, nodeFiles, systemCode } from './files.ts';
import { openGaps } from './gaps.ts';
import { headFormat } from './inspect-log.ts';
import type { Journal, JournalOptions } from './journal.ts';
import { logView } from './log-view.ts';
import { asConnectorError, logWriter } from './log-writer.ts';
import { createLossTracker } from './loss-tracker.ts';
import { encodeMetadata } from './metadata.ts';
import { openPositions } from './positions.ts';
import { quarantinePruning } from './quarantine.ts';
import { recoverLog } from './recovery.ts';
import { retention } from './retention.ts';
import { newSegmentHeader, recordsStart } from './segment-format.ts';
import { newSegment } from './segment-set.ts';
import { createSegment, type SegmentWriter } from './segment-writer.ts';
import { openSlotFile } from './slot-file.ts';

/** Records that one write takes, and those that may wait in memory for it. */
const maxGroupBytes = 8 * 1024 * 1024;
const maxPendingBytes = 64 * 1024 * 1024;
/** Free space is asked for at most so often. */
const freeSpaceAgeMs = 1000;
/** Room that must be there for a journal that was full to take bodies again. */
const resumeBytes = 64 * 1024;

/**
 * Opens the journal of an open (locked) data directory. Damage never keeps it from opening: it is reported, counted,
 * and passed over. Where nothing can be written now it opens too, and refuses to append.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  try {
    return await open(options);
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    const text = `the journal in ${options.directory} cannot be opened (${errorText(error)}): see to its files' permissions and the disk`;
    throw new ConnectorError('journal_failed', text, { cause: error });
  }
}

async function open(options: JournalOptions): Promise<Journal> {
  const { now, log, meter, maxBytes, minFreeBytes } = options;
  const files = options.files ?? nodeFiles;
  const directory = join(options.directory, 'journal');
  // At least eight segments, so that removing the oldest makes room without emptying the journal.
  const segmentBytes = Math.min(options.segmentBytes, Math.max(Math.floor(maxBytes / 8), 4 * recordsStart));

  let writer: SegmentWriter | undefined;
  let refusal: ConnectorError | undefined;
  let closing: Promise<void> | undefined;
  let free = { bytes: Number.POSITIVE_INFINITY, checkedAt: Number.NEGATIVE_INFINITY };
  let maintenanceDue = false;

  const losses = createLossTracker(log, meter);
  const head = await openSlotFile(files, join(directory, 'head'), headFormat);
  const found = head.found.value;
  if (head.found.damaged) log.error('journal.head_damaged', { directory });
  const quarantine = join(options.directory, 'quarantine');
  const shared = { files, losses, now, log, meter };
  const { set, logId, ...recovered } = await recoverLog({ ...shared, directory, head: found, quarantine });
  let { nextOrdinal } = recovered;
  let markedAt = found?.closedOrdinal === 0 ? found.nextSequence : 0;
  const gaps = await openGaps(files, join(directory, 'gaps'), log);
  const positions = await openPositions({
    ...shared,
    directory: join(options.directory, 'positions'),
    saved: positionSaved,
    firstSequence: set.firstSequence,
    nextSequence: set.nextSequence,
  });
  const keeping = retention({
    ...shared,
    set,
    positions,
    gaps,
    maxBytes,
    retainForMs: options.retainForMs,
    saveKeptFrom: (keptFrom) => saveHead(keptFrom, false),
  });

  const pruneQuarantine = quarantinePruning(files, quarantine, now, log);
  const exclusively = createSerialQueue();

  async function saveHead(keptFrom: number, closed: boolean): Promise<void> {
    const nextSequence = set.nextSequence();
    await head.save({ logId, keptFrom, nextSequence, closedOrdinal: closed ? nextOrdinal - 1 : 0 });
    markedAt = nextSequence;
  }

  async function hasFreeSpace(bytes: number): Promise<boolean> {
    if (Math.abs(now() - free.checkedAt) >= freeSpaceAgeMs) {
      free = { bytes: await files.freeBytes(directory).catch(() => Number.POSITIVE_INFINITY), checkedAt: now() };
    }
    return free.bytes - bytes >= minFreeBytes;
  }

  async function freeCapacity(bytes: number): Promise<void> {
    if (!(await keeping.freeCapacity(bytes))) {
      const text = `the journal is full: ${set.bytes()} of ${maxBytes} bytes, and no destination has settled the oldest of them; see to the destinations or raise journal.maxBytes`;
      throw new ConnectorError('journal_full', text);
    }
    while (!(await hasFreeSpace(bytes))) {
      if (!(await keeping.removeSettled())) {
        const text = `the disk of ${directory} has ${free.bytes} bytes free, and ${minFreeBytes} are to stay free: free some, or lower journal.minFreeBytes`;
        throw new ConnectorError('journal_full', text);
      }
      free = { ...free, checkedAt: Number.NEGATIVE_INFINITY };
    }
  }

  /** The segment that so many bytes may go to now. */
  async function begin(bytes: number): Promise<SegmentWriter> {
    if (refusal?.code === 'journal_failed') throw refusal;
    await freeCapacity(bytes + recordsStart);
    return writer === undefined || writer.size() >= segmentBytes ? startSegment() : writer;
  }

  async function startSegment(): Promise<SegmentWriter> {
    const header = newSegmentHeader(logId, nextOrdinal, set.nextSequence());
    // A name is used once, whatever becomes of the file.
    nextOrdinal += 1;
    const started = await createSegment(files, directory, header);
    await writer
      ?.close()
      .catch((error: unknown) => log.warn('journal.segment_close_failed', { why: errorText(error) }));
    writer = started;
    set.add(newSegment(started.path, header, recordsStart, now()));
    return started;
  }

  function refuse(error: ConnectorError): void {
    if (writer?.isBroken()) writer = undefined;
    if (refusal?.code === 'journal_failed' || refusal?.code === 'journal_closed') return;
    if (refusal?.code !== error.code) log.error('journal.accepting_stopped', { code: error.code, why: error.message });
    refusal = error;
    if (error.code === 'journal_failed') options.onFailure?.(error);
  }

  const appending = logWriter({
    maxGroupBytes: Math.min(maxGroupBytes, segmentBytes),
    maxPendingBytes,
    begin,
    synced(bytes, nextSequence) {
      free = { ...free, bytes: free.bytes - bytes };
      set.advance(bytes, nextSequence, now());
      meter.add('xiq_siem.journal.syncs', 1);
    },
    failed: refuse,
    exclusively,
    nextSequence: set.nextSequence,
  });

  async function runMaintenance(): Promise<void> {
    if (closing !== undefined) return;
    try {
      await begin(refusal?.code === 'journal_full' ? Math.min(resumeBytes, segmentBytes) : 0);
      if (refusal?.code === 'journal_full') {
        refusal = undefined;
        log.info('journal.accepting_resumed');
      }
    } catch (error) {
      refuse(asConnectorError(error));
    }
    try {
      if (keeping.isNewestExpired() && refusal === undefined) await startSegment();
      await keeping.removeExpired();
      if (set.nextSequence() !== markedAt) await saveHead(set.keptFrom(), false);
    } catch (error) {
      log.error('journal.maintenance_failed', { why: errorText(error) });
      // A disk that answers so takes no body either: said now, rather than to the next sender.
      if (systemCode(error) === 'EIO') refuse(asConnectorError(error));
    }
    await pruneQuarantine();
  }

  function scheduleMaintenance(): void {
    if (maintenanceDue || closing !== undefined) return;
    maintenanceDue = true;
    void exclusively(async () => {
      maintenanceDue = false;
      await runMaintenance();
    });
  }

  /** A saved position may have settled what a full journal waits for. */
  function positionSaved(): void {
    if (refusal?.code === 'journal_full') scheduleMaintenance();
  }

  async function closeFiles(): Promise<void> {
    clearInterval(timer);
    await appending.drained();
    await exclusively(async () => {
      const saveLastHead = (): Promise<void> => saveHead(set.keptFrom(), true);
      for (const step of [saveLastHead, head.close, () => writer?.close(), positions.close, gaps.close]) {
        try {
          await step();
        } catch (error) {
          log.error('journal.close_failed', { why: errorText(error) });
        }
      }
    });
    set.wake();
  }

  await exclusively(runMaintenance);
  const everyMs = options.maintainEveryMs ?? 1000;
  const timer = everyMs > 0 ? setInterval(scheduleMaintenance, everyMs) : undefined;
  timer?.unref();

  return {
    ...logView({ files, set, losses, isClosed: () => closing !== undefined }),
    append(metadata, bytes) {
      if (refusal !== undefined) return Promise.reject(refusal);
      return appending.append(encodeMetadata(metadata), bytes);
    },
    acceptance: () =>
      refusal === undefined ? { ok: true } : { ok: false, code: refusal.code, message: refusal.message },
    position: positions.open,
    releasePosition: positions.release,
    positions: () => new Map(positions.all().map(({ destination, position }) => [destination, position])),
    orphanedPositions: positions.orphaned,
    forgetPosition: positions.forget,
    retentionGaps: gaps.list,
    acknowledgeGaps: (destination, toSequence) => exclusively(() => gaps.acknowledge(destination, toSequence)),
    maintain: () => exclusively(runMaintenance),
    close() {
      refusal ??= new ConnectorError('journal_closed', 'the journal is closing: nothing more is taken');
      closing ??= closeFiles();
      return closing;
    },
  };
}
