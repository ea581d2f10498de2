import { createRecordingLogger } from '@xiq-siem/testkit';
import { describe, expect, test } from 'vitest';
import { createSharedBodies, type SharedBodies } from './shared-bodies.ts';
import { bodies, normalize } from './test-delivery.ts';

function counted(maxBytes: number) {
  let parsed = 0;
  const shared = createSharedBodies({
    maxBytes: () => maxBytes,
    log: createRecordingLogger(),
    *normalize(body) {
      for (const event of normalize(body)) {
        parsed++;
        yield event;
      }
    },
  });
  return { shared, parsed: () => parsed };
}

function rest(cursor: ReturnType<SharedBodies['open']>): string[] {
  const ids: string[] = [];
  for (let next = cursor.next(); typeof next !== 'string'; next = cursor.next()) ids.push(next.id);
  return ids;
}

const [large, ...more] = bodies(200, 1000);

describe('readers of one body', () => {
  test('in step, ahead and behind receive every event in order from one parse', () => {
    if (large === undefined) throw new Error('no body');
    const { shared, parsed } = counted(10_000_000);
    const [ahead, behind] = [shared.open(large), shared.open(large)];
    for (let event = 0; event < 500; event++) ahead.next();
    for (let event = 0; event < 700; event++) behind.next();
    expect(rest(ahead)).toHaveLength(500);
    expect(rest(behind)).toHaveLength(300);
    expect(rest(shared.open(large)).at(-1)).toBe('0.999');
    expect(parsed()).toBe(1000);
  });

  test('that are too slow for the cache parse again', () => {
    if (large === undefined) throw new Error('no body');
    const { shared, parsed } = counted(100_000);
    const late = shared.open(large);
    for (let event = 0; event < 100; event++) late.next();
    expect(rest(shared.open(large))).toHaveLength(1000);
    for (const body of more.slice(0, 5)) rest(shared.open(body));
    expect(rest(late)).toEqual(Array.from({ length: 900 }, (_, element) => `0.${element + 100}`));
    expect(parsed()).toBeGreaterThan(6900);
  });
});

test('cache entries above a lowered limit are removed at once, and all readers still receive every event', () => {
  if (large === undefined) throw new Error('no body');
  let maxBytes = 10_000_000;
  const shared = createSharedBodies({ normalize, maxBytes: () => maxBytes, log: createRecordingLogger() });
  const behind = shared.open(large);
  rest(shared.open(large));
  expect(shared.cachedBytes()).toBeGreaterThan(0);
  maxBytes = 0;
  shared.trim();
  expect(shared.cachedBytes()).toBe(0);
  expect(rest(behind)).toHaveLength(1000);
});

test('the cache stays within its limit', () => {
  const { shared } = counted(100_000);
  for (const body of more) {
    rest(shared.open(body));
    expect(shared.cachedBytes()).toBeLessThanOrEqual(100_000);
  }
  expect(shared.cachedBytes()).toBeGreaterThan(50_000);
});
