// Removes settled segments by age or to free capacity. If that is not enough, evicts unsettled segments.
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

interface RetentionOptions
  extends Pick<JournalOptions, 'maxBytes' | 'retainForMs' | 'now' | 'log' | 'meter' | 'ageGuard'> {
  readonly files: Files;
  readonly set: SegmentSet;
  readonly positions: Positions;
  readonly gaps: Gaps;
  readonly losses: LossTracker;
  /** When a body was received; undefined if it cannot be read. */
  readonly receivedAt: (sequence: number) => Promise<number | undefined>;
  /** Records on disk that sequences below `keptFrom` were removed on purpose. */
  readonly saveKeptFrom: (keptFrom: number) => Promise<void>;
}

export function createRetention(options: RetentionOptions) {
  const { files, set, positions, gaps, losses, log, meter, now } = options;

  /**
   * Whether all destinations have settled a segment that ends before `nextSequence`. The positions of destinations that
   * are not configured any more count too.
   */
  function isSettled(segment: Segment, nextSequence: number): boolean {
    const all = positions.all();
    const first = segment.header.firstSequence;
    return all.length > 0 && all.every(({ position }) => unsettledIn(position, first, nextSequence - 1) === 0);
  }

  const isExpired = (segment: Segment): boolean =>
    now() - segment.lastAppendMs > options.retainForMs && options.ageGuard.mayDeleteByAge();

  /** The oldest segment and the sequence after it. Undefined if it is the segment that the journal appends to. */
  function oldestEnded() {
    const segment = set.segments[0];
    return segment?.following && { segment, nextSequence: segment.following.header.firstSequence };
  }

  async function removeSegment(segment: Segment, nextSequence: number): Promise<void> {
    // A full disk must not prevent the removal. Without the head, a restart reports the bodies as `missing`, not `evicted`.
    await options
      .saveKeptFrom(nextSequence)
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

  /** Removes the oldest segment if all destinations have settled it. */
  async function removeSettled(): Promise<boolean> {
    const oldest = oldestEnded();
    if (oldest === undefined || !isSettled(oldest.segment, oldest.nextSequence)) return false;
    await removeSegment(oldest.segment, oldest.nextSequence);
    return true;
  }

  /**
   * Evicts the oldest segment, and records a retention gap for each destination that has not settled it. Does nothing if
   * no destination has settled it (new bodies are rejected instead), or if one that has not settled it has
   * `whenFull: hold`.
   */
  async function evictOldest(): Promise<boolean> {
    const oldest = oldestEnded();
    if (oldest === undefined) return false;
    const { segment, nextSequence } = oldest;
    const first = segment.header.firstSequence;
    const all = positions.all();
    const behind = all.filter(({ position }) => unsettledIn(position, first, nextSequence - 1) > 0);
    if (behind.length === all.length || behind.some(({ holds }) => holds)) return false;
    const receivedFromMs = behind.length === 0 ? undefined : await options.receivedAt(first);
    const newGaps = behind.map(({ destination, position }) => ({
      ...gapOf(destination, position, segment, nextSequence),
      receivedFromMs,
      receivedToMs: segment.lastAppendMs,
    }));
    try {
      await gaps.add(newGaps);
    } catch (error) {
      log.error('journal.gap_write_failed', { path: segment.path, error: errorText(error) });
      return false;
    }
    for (const { destination, fromSequence, toSequence, bodies, bytes } of newGaps) {
      log.error('journal.evicted', { destination, fromSequence, toSequence, bodies, bytes });
      meter.add('xiq_siem.journal.evicted_bodies', bodies, { destination });
    }
    if (newGaps.length > 0) {
      const { path, bytes } = segment;
      const fromSequence = Math.min(...newGaps.map((gap) => gap.fromSequence));
      const where = `${path}: evicted: the journal was full`;
      losses.report({ fromSequence, toSequence: nextSequence - 1, bytes, reason: 'evicted', where }, undefined);
    }
    await removeSegment(segment, nextSequence);
    return true;
  }

  function gapOf(destination: string, position: Position, segment: Segment, nextSequence: number): RetentionGap {
    const first = segment.header.firstSequence;
    const fromSequence = Math.max(first, position.sequence);
    const toSequence = nextSequence - 1;
    const bodies = unsettledIn(position, fromSequence, toSequence);
    const bytes = Math.round(((segment.bytes - recordsStart) * bodies) / (nextSequence - first));
    return { destination, fromSequence, toSequence, bodies, bytes, lastAtMs: now() };
  }

  /** Removes settled segments whose last record is older than `retainForMs`. `freeCapacity` may remove them earlier. */
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
