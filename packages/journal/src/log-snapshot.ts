// What a log holds, by reading alone: its segments, positions and gaps as an opening would find them, and nothing mended.
import { join } from 'node:path';
import type { Logger, Position } from '@xiq-siem/core';
import type { Files } from './files.ts';
import { readGaps } from './gaps.ts';
import { readHead } from './head-file.ts';
import type { Journal } from './journal.ts';
import { logView } from './log-view.ts';
import { lookAtLog } from './look-at-log.ts';
import { lostLedger } from './lost-ledger.ts';
import { clampPosition, freshPosition } from './position.ts';
import { readPositions } from './positions-on-disk.ts';
import { readOnlyFiles } from './read-only-files.ts';
import type { Segment } from './segment-set.ts';

/** Its readers end at the tail that was found at opening. */
export type JournalSnapshot = Pick<
  Journal,
  'extent' | 'bytesFrom' | 'sequenceAt' | 'find' | 'reader' | 'positions' | 'lostSpans' | 'letGoGaps' | 'close'
>;

/** `root` holds `journal/` and `positions/`. Errors are the system's own. */
export async function logSnapshot(root: string, allFiles: Files, log: Logger): Promise<JournalSnapshot> {
  const files = readOnlyFiles(allFiles);
  const directory = join(root, 'journal');
  const headPath = join(directory, 'head');
  // In this order, a connector that runs meanwhile only adds to what is read later: no position is beyond the tail, and
  // no mark beyond the segments.
  const savedPositions = await readPositions(files, join(root, 'positions'));
  const head = await readHead(files, headPath);
  const { set, findings, lost } = await lookAtLog({ files, directory, head, log });
  await readKeptFrom();
  const gaps = await readGaps(files, join(directory, 'gaps'), log);
  for (const { kind, path } of findings) {
    if (kind !== 'whole' && kind !== 'empty') log.warn('journal.not_mended', { path, kind });
  }
  const ledger = lostLedger(log, { add: () => undefined });
  for (const { path, at, kind, ...span } of lost) ledger.report({ ...span, where: `${path}${at}` }, kind);

  /** A running connector says in the head mark what it removes, before it does: that was let go of, and is not lost. */
  async function readKeptFrom(): Promise<void> {
    set.raiseKeptFrom((await readHead(files, headPath))?.keptFrom ?? 1);
  }

  async function forgetRemoved(): Promise<void> {
    await readKeptFrom();
    const isRemoved = (one?: Segment): boolean =>
      (one?.following?.header.firstSequence ?? Number.POSITIVE_INFINITY) <= set.keptFrom();
    while (isRemoved(set.segments[0])) set.removeOldest();
  }

  function positions(): ReadonlyMap<string, Position> {
    return new Map(
      [...savedPositions].map(([destination, found]) => {
        const position = found === 'damaged' ? freshPosition(set.firstSequence()) : found;
        return [destination, clampPosition(position, set.nextSequence())];
      }),
    );
  }

  for (const [destination, found] of savedPositions) {
    if (found === 'damaged') log.error('position.damaged', { destination, startsAt: set.firstSequence() });
  }
  let closed = false;
  const tail = set.nextSequence() - 1;
  const view = logView({ files, set, ledger, isClosed: () => closed, vanished: forgetRemoved });
  return {
    ...view,
    reader: (from, to = tail) => view.reader(from, Math.min(to, tail)),
    positions,
    letGoGaps: () => gaps,
    async close() {
      closed = true;
    },
  };
}
