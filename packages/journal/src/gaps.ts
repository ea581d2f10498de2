// Stores retention gaps: bodies that were evicted, or were lost with files of the journal, before a destination had settled
// them. An operator acknowledges them.
import type { Logger, Position, RetentionGap } from '@xiq-siem/core';
import { z } from 'zod';
import type { Files } from './files.ts';
import { unsettledIn } from './position.ts';
import { type FoundInSlots, openSlotFile, readSlotFile, type SlotFormat } from './slot-file.ts';

const gap = z.object({
  destination: z.string(),
  fromSequence: z.int(),
  toSequence: z.int(),
  bodies: z.int(),
  bytes: z.int(),
  lastAtMs: z.number(),
  receivedFromMs: z.number().optional(),
  receivedToMs: z.number().optional(),
  reason: z.enum(['damaged', 'missing']).optional(),
});

/** Adjacent gaps are merged. Above this number, the last gap of the destination is extended instead. */
const maxGaps = 800;
const format: SlotFormat<{ gaps: readonly RetentionGap[] }> = {
  schema: z.object({ gaps: z.array(gap) }),
  slotBytes: 256 * 1024,
};

export type Gaps = Awaited<ReturnType<typeof openGaps>>;

export async function openGaps(files: Files, path: string, log: Logger) {
  const slots = await openSlotFile(files, path, format);
  let gaps = gapsIn(slots.found, path, log);

  async function saveGaps(next: readonly RetentionGap[]): Promise<void> {
    await slots.save({ gaps: next });
    gaps = next;
  }

  return {
    list: () => gaps,
    isDamaged: slots.found.damaged,
    /** Resolves when they are on disk. */
    add: (more: readonly RetentionGap[]) => saveGaps(more.reduce(mergeGap, gaps)),
    /** Replaces the list. */
    save: saveGaps,
    close: slots.close,
  };
}

/** Reads the gaps without opening the file for writing. */
export async function readGaps(files: Files, path: string, log: Logger) {
  const found = await readSlotFile(files, path, format);
  return { found: gapsIn(found, path, log), damaged: found.damaged };
}

function gapsIn(
  found: FoundInSlots<{ gaps: readonly RetentionGap[] }>,
  path: string,
  log: Logger,
): readonly RetentionGap[] {
  if (found.damaged) log.error('journal.gaps_damaged', { path });
  return found.value?.gaps ?? [];
}

/**
 * The gaps after a destination saved a position. A body that it had read before the eviction, and settled now, is not lost.
 * Returns the same array if there is none.
 */
export function withoutSettled(
  gaps: readonly RetentionGap[],
  destination: string,
  before: Position,
  after: Position,
): readonly RetentionGap[] {
  // The ledger settles lost bodies too, and counts them as damaged.
  let damaged = after.counters.damaged - before.counters.damaged;
  let isChanged = false;
  const rest = gaps.flatMap((gap): readonly RetentionGap[] => {
    const { fromSequence, toSequence, reason } = gap;
    if (gap.destination !== destination || reason !== undefined) return [gap];
    const settled = unsettledIn(before, fromSequence, toSequence) - unsettledIn(after, fromSequence, toSequence);
    const bodies = Math.max(0, gap.bodies - Math.max(0, settled - damaged));
    damaged = Math.max(0, damaged - settled);
    isChanged ||= bodies !== gap.bodies;
    return bodies === 0 ? [] : [{ ...gap, bodies, bytes: Math.round((gap.bytes * bodies) / gap.bodies) }];
  });
  return isChanged ? rest : gaps;
}

function mergeGap(gaps: readonly RetentionGap[], next: RetentionGap): readonly RetentionGap[] {
  const isSameKind = (one: RetentionGap): boolean => one.destination === next.destination && one.reason === next.reason;
  const index = gaps.findLastIndex(isSameKind);
  const last = gaps[index];
  if (last === undefined || (next.fromSequence > last.toSequence + 1 && gaps.length < maxGaps)) return [...gaps, next];
  // After a crash between this write and the removal of the segment, the same span is added twice.
  if (next.toSequence <= last.toSequence) return gaps;
  const merged = {
    ...last,
    toSequence: next.toSequence,
    bodies: last.bodies + next.bodies,
    bytes: last.bytes + next.bytes,
    lastAtMs: next.lastAtMs,
    receivedToMs: next.receivedToMs,
  };
  return gaps.with(index, merged);
}
