import { describe, expect, it } from 'vitest';
import { newSegmentHeader, recordsStart } from './segment-format.ts';
import { newSegment, type SegmentSet, segmentSet } from './segment-set.ts';

function oneSegment(): SegmentSet {
  const header = newSegmentHeader('0'.repeat(32), 1, 1);
  return segmentSet([newSegment('/a', header, recordsStart, 0)], { nextSequence: 1, keptFrom: 1 });
}

const never = new AbortController().signal;

describe('a wait for a change', () => {
  it('ends with the change, also if it came before the wait', async () => {
    const set = oneSegment();
    const seen = set.version();
    const waiting = set.waitForChange(seen, never);
    set.advance(100, 2, 0);
    await waiting;
    await set.waitForChange(seen, never);
    expect(set.nextSequence()).toBe(2);
  });

  it('ends with its signal, and leaves no listener', async () => {
    const set = oneSegment();
    const stop = new AbortController();
    const waiting = set.waitForChange(set.version(), stop.signal);
    stop.abort();
    await waiting;
    await set.waitForChange(set.version(), stop.signal);
    expect(stop.signal.aborted).toBe(true);
  });
});

describe('the bytes from a sequence', () => {
  const record = 100;
  /** Segments of ten records each. */
  function threeSegments(): SegmentSet {
    const segments = [0, 1, 2].map((n) => {
      const header = newSegmentHeader('0'.repeat(32), n + 1, n * 10 + 1);
      return newSegment(`/${n}`, header, recordsStart + 10 * record, 0);
    });
    return segmentSet(segments, { nextSequence: 31, keptFrom: 1 });
  }

  it('are exact for whole segments, and a share of the records for a part of one', () => {
    const set = threeSegments();
    const whole = recordsStart + 10 * record;
    const expected = new Map([
      [0, 3 * whole],
      [1, 3 * whole],
      [2, 2 * whole + 9 * record],
      [10, 2 * whole + record],
      [11, 2 * whole],
      [25, 6 * record],
      [30, record],
    ]);
    for (const [sequence, bytes] of expected) expect(set.bytesFrom(sequence), `${sequence}`).toBe(bytes);
    expect(set.bytesFrom(set.firstSequence())).toBe(set.bytes());
  });

  it('are 0 at the tail and beyond, and grow with it', () => {
    const set = threeSegments();
    expect([set.bytesFrom(31), set.bytesFrom(99)]).toEqual([0, 0]);
    set.advance(record, 32, 0);
    expect(set.bytesFrom(31)).toBe(record);
    set.removeOldest();
    expect(set.bytesFrom(1)).toBe(set.bytes());
  });
});
