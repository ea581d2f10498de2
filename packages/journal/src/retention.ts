// Removes settled segments by age or to free capacity, and evicts the oldest segment of a full journal.
import { dirname } from 'node:path';
import type { Position, RetentionGap } from '@xiq-siem/core';
import { errorText, type Files } from './files.ts';
import type { Gaps } from './gaps.ts';
import type { JournalOptions } from './journal.ts';
import type { LossTracker } from './loss-tracker.ts';
import { unsettledIn } from './position.ts';
import type { Positions } from './positions.ts';
import { recordsStart } from './segment-format.ts';
import type { Segment, SegmentSet } from './segment-set.ts';

interface RetentionOptions extends Pick<JournalOptions, 'maxBytes' | 'retainForMs' | 'now' | 'log' | 'meter'> {
  readonly files: Files;
  readonly set: SegmentSet;
  readonly positions: Positions;
  readonly gaps: Gaps;
  readonly losses: LossTracker;
  /** Saves that sequences below this one are removed. */
  readonly saveKeptFrom: (keptFrom: number) => Promise<void>;
}

export function createRetention(options: RetentionOptions) {
  const { files, set, positions, gaps, losses, log, meter, now } = options;

  /** Whether all destinations have settled a segment that ends before `next`. */
  function isSettled(segment: Segment, next: number): boolean {
    const all = positions.all();
    const first = segment.header.firstSequence;
    return all.length > 0 && all.every(({ position }) => unsettledIn(position, first, next - 1) === 0);
  }

  const isExpired = (segment: Segment): boolean => now() - segment.lastAppendMs > options.retainForMs;

  async function remove(segment: Segment, next: number): Promise<void> {
    // The head only distinguishes `evicted` from `missing`. A full disk must not prevent the removal.
    await options
      .saveKeptFrom(next)
      .catch((error: unknown) => log.warn('journal.head_write_failed', { error: errorText(error) }));
    set.removeOldest();
    try {
      await files.remove(segment.path);
      await files.syncDirectory(dirname(segment.path));
      log.debug('journal.segment_removed', { path: segment.path });
    } catch (error) {
      log.error('journal.segment_remove_failed', { path: segment.path, error: errorText(error) });
    }
  }

  /** Removes the oldest segment if all have settled it. */
  async function removeSettled(): Promise<boolean> {
    const oldest = set.segments[0];
    if (oldest?.following === undefined || !isSettled(oldest, oldest.following.header.firstSequence)) return false;
    await remove(oldest, oldest.following.header.firstSequence);
    return true;
  }

  /** Evicts the oldest segment if at least one destination has settled it and no unsettled one has `whenFull: hold`. */
  async function evictOldest(): Promise<boolean> {
    const oldest = set.segments[0];
    if (oldest?.following === undefined) return false;
    const from = oldest.header.firstSequence;
    const next = oldest.following.header.firstSequence;
    const all = positions.all();
    const wanting = all.filter(({ position }) => unsettledIn(position, from, next - 1) > 0);
    if (wanting.length === all.length || wanting.some(({ holds }) => holds)) return false;
    const wanted = wanting.map(({ destination, position }) => gapOf(destination, position, oldest, next));
    try {
      await gaps.add(wanted);
    } catch (error) {
      log.error('journal.gap_write_failed', { path: oldest.path, error: errorText(error) });
      return false;
    }
    for (const { destination, fromSequence, toSequence, bodies, bytes } of wanted) {
      log.error('journal.evicted', { destination, fromSequence, toSequence, bodies, bytes });
      meter.add('xiq_siem.journal.evicted_bodies', bodies, { destination });
    }
    const fromSequence = Math.min(...wanted.map((gap) => gap.fromSequence));
    if (wanted.length > 0) {
      const where = `${oldest.path}: removed, the journal was full`;
      losses.report({ fromSequence, toSequence: next - 1, bytes: oldest.bytes, reason: 'evicted', where }, undefined);
    }
    await remove(oldest, next);
    return true;
  }

  function gapOf(destination: string, position: Position, segment: Segment, next: number): RetentionGap {
    const first = segment.header.firstSequence;
    const fromSequence = Math.max(first, position.sequence);
    const bodies = unsettledIn(position, fromSequence, next - 1);
    const bytes = Math.round(((segment.bytes - recordsStart) * bodies) / (next - first));
    return { destination, fromSequence, toSequence: next - 1, bodies, bytes, lastAtMs: now() };
  }

  /** Removes settled segments whose last record is older than `retainForMs`. */
  async function removeExpired(): Promise<void> {
    while (set.segments[0] !== undefined && isExpired(set.segments[0]) && (await removeSettled()));
  }

  /** Removes or evicts segments until `bytes` more fit below `maxBytes`. Returns whether they fit. */
  async function freeCapacity(bytes: number): Promise<boolean> {
    while (set.bytes() + bytes > options.maxBytes) {
      if (!(await removeSettled()) && !(await evictOldest())) return false;
    }
    return true;
  }

  /** Whether the newest segment has records and all are expired and settled. Ending it then allows its removal. */
  function isNewestExpired(): boolean {
    const newest = set.segments.at(-1);
    if (newest === undefined || newest.bytes <= recordsStart) return false;
    return isExpired(newest) && isSettled(newest, set.nextSequence());
  }
  return { removeSettled, removeExpired, freeCapacity, isNewestExpired };
}
