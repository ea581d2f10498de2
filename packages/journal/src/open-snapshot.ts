// A view of a data directory by reading alone: of a connector that is stopped, or of one that runs meanwhile. It gives
// segments, positions and gaps as an opening would find them, and fixes nothing.
import { join, resolve } from 'node:path';
import {
  ConnectorError,
  initialPosition,
  type Log,
  type Logger,
  type Position,
  type ReadableLog,
} from '@xiq-siem/core';
import { requireFormat } from './data-directory.ts';
import { errorText, type Files, nodeFiles, systemCode } from './files.ts';
import { readGaps } from './gaps.ts';
import { headFormat, inspectLog } from './inspect-log.ts';
import { logView } from './log-view.ts';
import { createLossTracker } from './loss-tracker.ts';
import { clampPosition } from './position.ts';
import { readPositions } from './position-file.ts';
import type { Segment } from './segment-set.ts';
import { readSlotFile } from './slot-file.ts';

/** Its readers end at the tail that was found at opening. */
export type JournalSnapshot = ReadableLog & Pick<Log, 'close'>;

export interface JournalSnapshotOptions {
  readonly log: Logger;
  /** A log of its own within the data directory, by the name of its folder; the journal where not given. */
  readonly room?: 'dead-letters';
}

/**
 * Takes no lock; nothing in the directory is written, made, cut or moved, and what is damaged is passed over and said. Of
 * a running connector it may show the last records before they are synced.
 * @throws ConnectorError usage (no data directory), data_format_newer, data_format_unreadable, journal_failed.
 */
export async function openJournalSnapshot(
  directory: string,
  { log, room }: JournalSnapshotOptions,
): Promise<JournalSnapshot> {
  const path = resolve(directory);
  await requireFormat(path);
  const root = room === undefined ? path : join(path, room);
  try {
    return await logSnapshot(root, nodeFiles, log);
  } catch (error) {
    const text = `the journal in ${root} cannot be read (${errorText(error)}): see to its files' permissions and the disk`;
    throw new ConnectorError('journal_failed', text, { cause: error });
  }
}

/** `root` holds `journal/` and `positions/`. Errors are the system's own. */
export async function logSnapshot(root: string, allFiles: Files, log: Logger): Promise<JournalSnapshot> {
  const files = readOnlyFiles(allFiles);
  const directory = join(root, 'journal');
  // In this order, a connector that runs meanwhile only adds to what is read later: no position is beyond the tail, and
  // no mark beyond the segments.
  const savedPositions = await readPositions(files, join(root, 'positions'));
  const head = await readHead();
  const { set, findings, lost } = await inspectLog({ files, directory, head, log });
  await updateKeptFrom();
  const gaps = await readGaps(files, join(directory, 'gaps'), log);
  for (const { kind, path } of findings) {
    if (kind !== 'whole' && kind !== 'empty') log.warn('journal.not_repaired', { path, kind });
  }
  const losses = createLossTracker(log, { add: () => undefined });
  for (const { path, at, kind, ...span } of lost) losses.report({ ...span, where: `${path}${at}` }, kind);
  for (const [destination, found] of savedPositions) {
    if (found === 'damaged') log.error('position.damaged', { destination, startsAt: set.firstSequence() });
  }
  let closed = false;
  const tail = set.nextSequence() - 1;
  const view = logView({ files, set, losses, isClosed: () => closed, vanished: removeEvictedSegments });
  return {
    ...view,
    reader: (from, to = tail) => view.reader(from, Math.min(to, tail)),
    positions,
    retentionGaps: () => gaps,
    async close() {
      closed = true;
    },
  };

  function positions(): ReadonlyMap<string, Position> {
    return new Map(
      [...savedPositions].map(([destination, found]) => {
        const position = found === 'damaged' ? initialPosition(set.firstSequence()) : found;
        return [destination, clampPosition(position, set.nextSequence())];
      }),
    );
  }

  async function readHead() {
    return (await readSlotFile(files, join(directory, 'head'), headFormat)).value;
  }

  /** A running connector says in the head mark what it removes, before it does: that was let go of, and is not lost. */
  async function updateKeptFrom(): Promise<void> {
    set.raiseKeptFrom((await readHead())?.keptFrom ?? 1);
  }

  async function removeEvictedSegments(): Promise<void> {
    await updateKeptFrom();
    const isRemoved = (one?: Segment): boolean =>
      (one?.following?.header.firstSequence ?? Number.POSITIVE_INFINITY) <= set.keptFrom();
    while (isRemoved(set.segments[0])) set.removeOldest();
  }
}

/** Files that can only be read, whatever is asked of them. A directory that is not there has no names. */
function readOnlyFiles(files: Files): Files {
  const refuse = (): Promise<never> => Promise.reject(new Error('a snapshot only reads'));
  return {
    open: (path, mode) => (mode === 'read' ? files.open(path, mode) : refuse()),
    list: (directory) =>
      files.list(directory).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return [];
        throw error;
      }),
    freeBytes: files.freeBytes,
    makeDirectory: refuse,
    rename: refuse,
    remove: refuse,
    syncDirectory: refuse,
  };
}
