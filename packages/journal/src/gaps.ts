// What a full journal let go of although a destination still wanted it: durable until somebody acknowledges it.
import type { Logger, RetentionGap } from '@xiq-siem/core';
import { z } from 'zod';
import type { Files } from './files.ts';
import { type FoundInSlots, openSlotFile, readSlotFile, type SlotFormat } from './slot-file.ts';

const gap = z.object({
  destination: z.string(),
  fromSequence: z.int(),
  toSequence: z.int(),
  bodies: z.int(),
  bytes: z.int(),
  lastAtMs: z.number(),
});

/** Gaps that touch are one; beyond this number the last of a file grows over what lies between. */
const maxGaps = 1000;
const format: SlotFormat<{ gaps: readonly RetentionGap[] }> = {
  schema: z.object({ gaps: z.array(gap) }),
  slotBytes: 256 * 1024,
};

export type Gaps = Awaited<ReturnType<typeof openGaps>>;

export async function openGaps(files: Files, path: string, log: Logger) {
  const slots = await openSlotFile(files, path, format);
  let gaps = gapsIn(slots.found, path, log);

  async function keep(next: readonly RetentionGap[]): Promise<void> {
    await slots.save({ gaps: next });
    gaps = next;
  }

  return {
    list: () => gaps,
    /** Resolves when they are on disk. */
    add: (more: readonly RetentionGap[]) => keep(more.reduce(merge, gaps)),
    /** Forgets a destination's gaps that end at or before a sequence. */
    acknowledge: (destination: string, toSequence: number) =>
      keep(gaps.filter((one) => one.destination !== destination || one.toSequence > toSequence)),
    close: slots.close,
  };
}

/** The gaps by reading alone. */
export async function readGaps(files: Files, path: string, log: Logger): Promise<readonly RetentionGap[]> {
  return gapsIn(await readSlotFile(files, path, format), path, log);
}

function gapsIn(
  found: FoundInSlots<{ gaps: readonly RetentionGap[] }>,
  path: string,
  log: Logger,
): readonly RetentionGap[] {
  if (found.damaged) log.error('journal.gaps_damaged', { path });
  return found.value?.gaps ?? [];
}

function merge(gaps: readonly RetentionGap[], next: RetentionGap): readonly RetentionGap[] {
  const index = gaps.findLastIndex((one) => one.destination === next.destination);
  const last = gaps[index];
  if (last === undefined || (next.fromSequence > last.toSequence + 1 && gaps.length < maxGaps)) return [...gaps, next];
  // A crash between writing this down and removing the file lets the same span come twice.
  if (next.toSequence <= last.toSequence) return gaps;
  const merged = {
    ...last,
    toSequence: next.toSequence,
    bodies: last.bodies + next.bodies,
    bytes: last.bytes + next.bytes,
    lastAtMs: next.lastAtMs,
  };
  return gaps.with(index, merged);
}
