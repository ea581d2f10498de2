// Opens a journal: connects its segments, writer, readers, positions and retention.
import { join } from 'node:path';
import { type BodyMetadata, ConnectorError, createSerialQueue, type Position, type RetentionGap } from '@xiq-siem/core';
import { errorText, nodeFiles, systemCode } from './files.ts';
import { openGaps, withoutSettled } from './gaps.ts';
import { bodiesIn, findIncidents, knownSequences, nothingKnown, withoutPosition } from './incidents.ts';
import { headFormat } from './inspect-log.ts';
import type { Journal, JournalOptions } from './journal.ts';
import { logView } from './log-view.ts';
import { asConnectorError, logWriter } from './log-writer.ts';
import { createLossTracker } from './loss-tracker.ts';
import { encodeMetadata } from './metadata.ts';
import { unsettledIn } from './position.ts';
import { readPositions } from './position-file.ts';
import { openPositions } from './positions.ts';
import { quarantinePruning } from './quarantine.ts';
import { recoverLog } from './recovery.ts';
import { createRetention } from './retention.ts';
import { newSegmentHeader, recordsStart } from './segment-format.ts';
import { newSegment } from './segment-set.ts';
import { createSegment, type SegmentWriter } from './segment-writer.ts';
import { openSlotFile } from './slot-file.ts';

/** Most bytes of records in one write, and most bytes that wait in memory. */
const maxGroupBytes = 8 * 1024 * 1024;
const maxPendingBytes = 64 * 1024 * 1024;
/** Shortest interval between two checks of the free space. */
const freeSpaceAgeMs = 1000;
/** Longest time between two saves of the head: it has the time at which the connector last ran. */
const markEveryMs = 3_600_000;
/** Capacity that a full journal must have to accept bodies again. */
const resumeBytes = 64 * 1024;

/** The journal accepts bodies again by itself. */
const isTemporary = (refusal: ConnectorError | undefined): boolean =>
  refusal !== undefined && refusal.code !== 'journal_failed' && refusal.code !== 'journal_closed';

/**
 * Opens the journal of an open (locked) data directory. A damaged journal opens too: damage is logged, counted and
 * skipped. If the disk cannot be written, the journal opens and rejects appends.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  try {
    return await openDirectory(options);
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    const text = `the journal in ${options.directory} cannot be opened (${errorText(error)}): check the permissions of its files and the disk`;
    throw new ConnectorError('journal_failed', text, { cause: error });
  }
}

async function openDirectory(options: JournalOptions): Promise<Journal> {
  const { now, log, meter, maxBytes, minFreeBytes, ageGuard, known = nothingKnown } = options;
  const files = options.files ?? nodeFiles;
  const directory = join(options.directory, 'journal');
  // At least eight segments: removing the oldest then frees capacity without emptying the journal.
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
  ageGuard.resume(found?.confirmedMs, options.retainForMs);
  const shared = { files, losses, now, log, meter, ageGuard };
  const positionsDirectory = join(options.directory, 'positions');
  const saved = await readPositions(files, positionsDirectory);
  const sequences = knownSequences(saved, known);
  const recovered = await recoverLog({ ...shared, directory, head: found, quarantine, known: sequences });
  const { set, logId } = recovered;
  let { nextOrdinal } = recovered;
  let markedAt = found?.closedOrdinal === 0 ? found.nextSequence : 0;
  let markedMs = Number.NEGATIVE_INFINITY;
  const gaps = await openGaps(files, join(directory, 'gaps'), log);
  const foundGaps = { found: gaps.list(), damaged: gaps.isDamaged };
  // Before anything is saved that hides them.
  for (const incident of findIncidents({ head: head.found, log: recovered, saved, gaps: foundGaps, known })) {
    const { kind, reason, lost } = incident;
    log.error('journal.incident', { kind, reason, lost: lost ?? 'unknown' });
    await options
      .onIncident?.(incident)
      .catch((error: unknown) => log.error('journal.incident_write_failed', { reason, error: errorText(error) }));
  }
  const positions = await openPositions({
    ...shared,
    directory: positionsDirectory,
    onSaved: positionSaved,
    onForgotten: resumeIfRefused,
    firstSequence: set.firstSequence,
    nextSequence: set.nextSequence,
    restarted: withoutPosition({ saved, known }),
    deadLettered: known.deadLettered,
  });
  await addFoundGaps();
  const retention = createRetention({
    ...shared,
    set,
    positions,
    gaps,
    maxBytes,
    retainForMs: options.retainForMs,
    saveKeptFrom: (keptFrom) => saveHead(keptFrom, false),
    receivedAt,
  });
  const view = logView({ files, set, losses, isClosed: () => closing !== undefined });

  async function receivedAt(sequence: number): Promise<number | undefined> {
    const reader = view.reader(sequence, sequence);
    const entries = await reader.read({ maxBodies: 1, maxBytes: 1 }, new AbortController().signal).catch(() => []);
    await reader.close();
    const [entry] = entries;
    return entry?.kind === 'body' ? entry.body.metadata.receivedAtMs : undefined;
  }

  const pruneQuarantine = quarantinePruning(files, quarantine, now, ageGuard, log);
  const exclusively = createSerialQueue();

  async function saveHead(keptFrom: number, closed: boolean, gapBodies = bodiesIn(gaps.list())): Promise<void> {
    const nextSequence = set.nextSequence();
    const closedOrdinal = closed ? nextOrdinal - 1 : 0;
    const confirmedMs = ageGuard.confirmedMs();
    await head.save({ logId, keptFrom, nextSequence, closedOrdinal, confirmedMs, gapBodies });
    markedAt = nextSequence;
    markedMs = now();
  }

  /** A destination that had not settled bodies which were found lost has a retention gap. */
  async function addFoundGaps(): Promise<void> {
    const found = recovered.lost.flatMap(({ fromSequence, toSequence, reason, bytes }) =>
      positions.all().flatMap(({ destination, position }): RetentionGap[] => {
        const bodies = unsettledIn(position, fromSequence, toSequence);
        if (bodies === 0 || reason === 'evicted') return [];
        const from = Math.max(fromSequence, position.sequence);
        return [{ destination, fromSequence: from, toSequence, bodies, bytes, lastAtMs: now(), reason }];
      }),
    );
    if (found.length === 0) return;
    await gaps
      .add(found)
      .catch((error: unknown) =>
        log.error('journal.gap_write_failed', { path: join(directory, 'gaps'), error: errorText(error) }),
      );
  }

  async function acknowledgeGaps(destination: string, toSequence: number): Promise<void> {
    await replaceGaps(gaps.list().filter((one) => one.destination !== destination || one.toSequence > toSequence));
  }

  async function replaceGaps(rest: readonly RetentionGap[]): Promise<void> {
    // The head first: it must not expect more than the file has.
    await saveHead(set.keptFrom(), false, bodiesIn(rest));
    await gaps.save(rest);
  }

  async function hasFreeSpace(bytes: number): Promise<boolean> {
    if (Math.abs(now() - free.checkedAt) >= freeSpaceAgeMs) {
      free = { bytes: await files.freeBytes(directory).catch(() => Number.POSITIVE_INFINITY), checkedAt: now() };
    }
    return free.bytes - bytes >= minFreeBytes;
  }

  async function freeCapacity(bytes: number): Promise<void> {
    if (!(await retention.freeCapacity(bytes))) {
      const text = `the journal is full: it has ${set.bytes()} of ${maxBytes} bytes, and the oldest ones must be kept, because no destination has settled them, or one with \`whenFull: hold\` has not; check the destinations or raise journal.maxBytes`;
      throw new ConnectorError('journal_full', text);
    }
    while (!(await hasFreeSpace(bytes))) {
      if (!(await retention.removeSettled())) {
        const text = `the disk of ${directory} has ${free.bytes} bytes free, and journal.minFreeBytes is ${minFreeBytes}: free disk space, or lower journal.minFreeBytes`;
        throw new ConnectorError('disk_full', text);
      }
      free = { ...free, checkedAt: Number.NEGATIVE_INFINITY };
    }
  }

  /** Frees capacity for so many bytes and returns the segment for them. */
  async function segmentFor(bytes: number): Promise<SegmentWriter> {
    if (refusal?.code === 'journal_failed') throw refusal;
    await freeCapacity(bytes + recordsStart);
    return writer === undefined || writer.size() >= segmentBytes ? startSegment() : writer;
  }

  async function startSegment(): Promise<SegmentWriter> {
    const header = newSegmentHeader(logId, nextOrdinal, set.nextSequence());
    // A name is used once, even if the file is not created.
    nextOrdinal += 1;
    const started = await createSegment(files, directory, header);
    await writer
      ?.close()
      .catch((error: unknown) => log.warn('journal.segment_close_failed', { error: errorText(error) }));
    writer = started;
    set.add(newSegment(started.path, header, recordsStart, now()));
    return started;
  }

  function stopAccepting(error: ConnectorError): void {
    if (writer?.isBroken()) writer = undefined;
    if (refusal?.code === 'journal_failed' || refusal?.code === 'journal_closed') return;
    if (refusal?.code !== error.code)
      log.error('journal.accepting_stopped', { code: error.code, error: error.message });
    refusal = error;
    if (error.code === 'journal_failed') options.onFailure?.(error);
  }

  const appending = logWriter({
    maxGroupBytes: Math.min(maxGroupBytes, segmentBytes),
    maxPendingBytes,
    segmentFor,
    onSynced(bytes, nextSequence) {
      free = { ...free, bytes: free.bytes - bytes };
      set.advance(bytes, nextSequence, now());
      meter.add('xiq_siem.journal.syncs', 1);
    },
    onFailure: stopAccepting,
    exclusively,
    nextSequence: set.nextSequence,
  });

  /** Bodies appended to a file that another program removed would be lost at a crash. */
  async function replaceChangedSegment(): Promise<void> {
    if (writer === undefined || writer.isBroken() || (await writer.isWhole())) return;
    log.error('journal.segment_changed', { path: writer.path });
    await startSegment();
  }

  async function runMaintenance(): Promise<void> {
    if (closing !== undefined) return;
    try {
      await replaceChangedSegment();
      await segmentFor(isTemporary(refusal) ? Math.min(resumeBytes, segmentBytes) : 0);
      if (isTemporary(refusal)) {
        refusal = undefined;
        log.info('journal.accepting_resumed');
      }
    } catch (error) {
      stopAccepting(asConnectorError(error));
    }
    try {
      if (retention.isNewestExpired() && refusal === undefined) await startSegment();
      await retention.removeExpired();
      if (set.nextSequence() !== markedAt || Math.abs(now() - markedMs) >= markEveryMs) {
        await saveHead(set.keptFrom(), false);
      }
    } catch (error) {
      log.error('journal.maintenance_failed', { error: errorText(error) });
      // The disk cannot store a body either: stop before the next request comes.
      if (systemCode(error) === 'EIO') stopAccepting(asConnectorError(error));
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

  /** A saved position may allow a full journal to remove segments. */
  function resumeIfRefused(): void {
    if (isTemporary(refusal)) scheduleMaintenance();
  }

  function positionSaved(destination: string, before: Position, after: Position): void {
    resumeIfRefused();
    const remaining = () => withoutSettled(gaps.list(), destination, before, after);
    if (remaining() === gaps.list()) return;
    void exclusively(async () => {
      const rest = remaining();
      const requests = bodiesIn(gaps.list()) - bodiesIn(rest);
      await replaceGaps(rest);
      log.info('journal.gap_reduced', { destination, bodies: requests });
    }).catch((error: unknown) => log.error('journal.gap_write_failed', { destination, error: errorText(error) }));
  }

  async function closeFiles(): Promise<void> {
    clearInterval(timer);
    await appending.waitUntilIdle();
    await exclusively(async () => {
      const saveLastHead = (): Promise<void> => saveHead(set.keptFrom(), true);
      for (const step of [saveLastHead, head.close, () => writer?.close(), positions.close, gaps.close]) {
        try {
          await step();
        } catch (error) {
          log.error('journal.close_failed', { error: errorText(error) });
        }
      }
    });
    set.wake();
  }

  function appendBody(metadata: BodyMetadata, bytes: Uint8Array): Promise<string> {
    if (refusal !== undefined) return Promise.reject(refusal);
    return appending.append(encodeMetadata(metadata), bytes);
  }

  function closeJournal(): Promise<void> {
    refusal ??= new ConnectorError('journal_closed', 'the journal is closing and accepts no more bodies');
    closing ??= closeFiles();
    return closing;
  }

  await exclusively(runMaintenance);
  const everyMs = options.maintainEveryMs ?? 1000;
  const timer = everyMs > 0 ? setInterval(scheduleMaintenance, everyMs) : undefined;
  timer?.unref();

  return {
    ...view,
    append: appendBody,
    acceptance: () =>
      refusal === undefined ? { ok: true } : { ok: false, code: refusal.code, message: refusal.message },
    usage: () => set.bytes() / maxBytes,
    position: positions.open,
    releasePosition: positions.release,
    positions: () => new Map(positions.all().map(({ destination, position }) => [destination, position])),
    orphanedPositions: positions.orphaned,
    forgetPosition: positions.forget,
    retentionGaps: gaps.list,
    acknowledgeGaps: (destination, toSequence) => exclusively(() => acknowledgeGaps(destination, toSequence)),
    maintain: () => exclusively(runMaintenance),
    close: closeJournal,
  };
}
