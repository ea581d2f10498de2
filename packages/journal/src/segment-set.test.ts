import { describe, expect, it } from 'vitest';
import { newSegmentHeader, recordsStart } from './segment-format.ts';
import { type SegmentSet, segmentSet } from './segment-set.ts';

function oneSegment(): SegmentSet {
  const header = newSegmentHeader('0'.repeat(32), 1, 1);
  const segment = { path: '/a', header, bytes: recordsStart, lastAppendMs: 0, removed: false, following: undefined };
  return segmentSet([segment], { nextSequence: 1, keptFrom: 1 });
}

const never = new AbortController().signal;

describe('who waits for a change', () => {
  it('is woken by it, and by one that came since the look', async () => {
    const set = oneSegment();
    const seen = set.version();
    const waiting = set.changed(seen, never);
    set.advance(100, 2, 0);
    await waiting;
    await set.changed(seen, never);
    expect(set.nextSequence()).toBe(2);
  });

  it('is woken by its signal, and leaves no listener behind', async () => {
    const set = oneSegment();
    const stop = new AbortController();
    const waiting = set.changed(set.version(), stop.signal);
    stop.abort();
    await waiting;
    await set.changed(set.version(), stop.signal);
    expect(stop.signal.aborted).toBe(true);
  });
});
