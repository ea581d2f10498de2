// Reads the journal of a data directory without changing it, whether a connector runs on it or not. It returns segments,
// positions and gaps as opening the journal would find them, and repairs nothing.
import { join, resolve } from 'node:path';
import {
  type BodyLog,
  ConnectorError,
  initialPosition,
  type Logger,
  type Position,
  type ReadableBodyLog,
} from '@xiq-siem/core';
import { requireFormat } from './data-directory.ts';
import { errorText, type Files, nodeFiles, systemCode } from './files.ts';
import { readGaps } from './gaps.ts';
import {
  findIncidents,
  type JournalIncident,
  type KnownHistory,
  knownSequences,
  nothingKnown,
  withoutPosition,
} from './incidents.ts';
import { headFormat, inspectLog } from './inspect-log.ts';
import { logView } from './log-view.ts';
import { createLossTracker } from './loss-tracker.ts';
import { readPositions } from './position-file.ts';
import type { Segment } from './segment-set.ts';
import { readSlotFile } from './slot-file.ts';

/** Its readers end at the tail at the time of opening. */
export type JournalSnapshot = ReadableBodyLog &
  Pick<BodyLog, 'close'> & {
    /** Incidents that a start would store. */
    readonly incidents: readonly JournalIncident[];
  };

export interface JournalSnapshotOptions {
  readonly log: Logger;
  /** Subdirectory of another log in the data directory. Default: the journal. */
  readonly subdirectory?: 'dead-letters';
  /** Default: nothing is known. */
  readonly known?: KnownHistory;
}

/**
 * Takes no lock and changes nothing in the directory. Damage is logged and skipped. With a running connector, the last
 * records may be returned before they are synced.
 * @throws ConnectorError usage (no data directory), data_format_newer, data_format_unreadable, journal_failed.
 */
export async function openJournalSnapshot(
  directory: string,
  { log, subdirectory, known = nothingKnown }: JournalSnapshotOptions,
): Promise<JournalSnapshot> {
  const path = resolve(directory);
  await requireFormat(path);
  const root = subdirectory === undefined ? path : join(path, subdirectory);
  try {
    return await logSnapshot(root, nodeFiles, log, known);
  } catch (error) {
    const text = `the journal in ${root} cannot be read (${errorText(error)}): check the permissions of its files and the disk`;
    throw new ConnectorError('journal_failed', text, { cause: error });
  }
}

/** `root` contains `journal/` and `positions/`. Throws errors of the file system. */
export async function logSnapshot(
  root: string,
  allFiles: Files,
  log: Logger,
  known: KnownHistory = nothingKnown,
): Promise<JournalSnapshot> {
  const files = readOnlyFiles(allFiles);
  const directory = join(root, 'journal');
  // The order matters if a connector runs: no position is then beyond the tail, and no head beyond the segments.
  const saved = await readPositions(files, join(root, 'positions'));
  const head = await readHead();
  const found = await inspectLog({ files, directory, head: head.value, log, known: knownSequences(saved, known) });
  const { set, findings, lost } = found;
  await updateKeptFrom();
  const gaps = await readGaps(files, join(directory, 'gaps'), log);
  const incidents = findIncidents({ head, log: found, saved, gaps, known });
  for (const { kind, path } of findings) {
    if (kind !== 'whole' && kind !== 'empty') log.warn('journal.not_repaired', { path, kind });
  }
  const losses = createLossTracker(log, { add: () => undefined });
  for (const { path, at, kind, ...span } of lost) losses.report({ ...span, where: `${path}${at}` }, kind);
  const intact = [...saved].flatMap(([name, one]): [string, Position][] => (one === 'damaged' ? [] : [[name, one]]));
  const positions = new Map([...intact, ...withoutPosition({ saved, known }).map(atOldest)]);
  let closed = false;
  const tail = set.nextSequence() - 1;
  const view = logView({ files, set, losses, isClosed: () => closed, onMissingFile: hideRemovedSegments });
  return {
    ...view,
    reader: (from, to = tail) => view.reader(from, Math.min(to, tail)),
    positions: () => positions,
    retentionGaps: () => gaps.found,
    incidents,
    close: closeSnapshot,
  };

  async function closeSnapshot(): Promise<void> {
    closed = true;
  }

  function atOldest(destination: string): [string, Position] {
    return [destination, initialPosition(set.firstSequence())];
  }

  async function readHead() {
    return readSlotFile(files, join(directory, 'head'), headFormat);
  }

  /** A running connector saves in the head what it is about to remove: those bodies are not missing. */
  async function updateKeptFrom(): Promise<void> {
    set.raiseKeptFrom((await readHead()).value?.keptFrom ?? 1);
  }

  async function hideRemovedSegments(): Promise<void> {
    await updateKeptFrom();
    const isRemoved = (one?: Segment): boolean =>
      (one?.following?.header.firstSequence ?? Number.POSITIVE_INFINITY) <= set.keptFrom();
    while (isRemoved(set.segments[0])) set.removeOldest();
  }
}

/** A read-only view of files. A missing directory has no names. */
function readOnlyFiles(files: Files): Files {
  const refuse = (): Promise<never> => Promise.reject(new Error('a snapshot is read-only'));
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
