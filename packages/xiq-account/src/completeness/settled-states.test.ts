import { expect, it } from 'vitest';
import { type EventPlace, placeKey, settledStates } from './settled-states.ts';
import { idOf } from './test-proof.ts';

interface Given {
  /** Bodies before it are settled. */
  readonly sequence?: number;
  /** From and to which sequence bodies were evicted. */
  readonly evicted?: readonly [number, number];
  readonly undelivered?: ReadonlySet<string>;
  readonly began?: number;
}

/** What becomes of one event that stands at these places, at the destination `one`. */
function stateAt(places: readonly Partial<EventPlace>[], given: Given = {}) {
  const { sequence = 10, evicted, undelivered = new Set(), began = 0 } = given;
  const [fromSequence = 0, toSequence = -1] = evicted ?? [];
  const gap = { destination: 'one', fromSequence, toSequence, bodies: 1, bytes: 1, lastAtMs: 0 };
  const counters = { normalized: 0, delivered: 0, degraded: 0, duplicate: 0, deadLettered: 0, filtered: 0, damaged: 0 };
  const states = settledStates(
    {
      journal: { retentionGaps: () => [gap] },
      position: () => ({ sequence, settled: [], counters }),
    },
    { name: 'one', assurance: 'stored', wants: ({ dataset }) => dataset === 'wanted' },
    undelivered,
    began,
  );
  const usual = { ordinal: 0, sequence: 3, element: 0, dataset: 'wanted', source: 'xiq', isDuplicate: false };
  for (const place of places) states.note({ ...usual, ...place });
  return states.record(() => 0).stateOf(idOf('a'));
}

const dead = new Set([placeKey('one', 3, 0)]);

it.each([
  ['is settled', 'confirmed', [{}], {}],
  ['is not settled yet', 'waiting', [{ sequence: 10 }], {}],
  ['is a dead letter', 'deadLettered', [{}], { undelivered: dead }],
  ['is not wanted', 'filtered', [{ dataset: 'other' }], {}],
  ['came before the destination began', 'filtered', [{}], { began: 4 }],
  ['was evicted from the journal before it was sent', 'waiting', [{}], { evicted: [2, 3] }],
  ['was sent before others were evicted', 'confirmed', [{}], { evicted: [4, 5] }],
  ['is settled in one body and waits in another', 'confirmed', [{ sequence: 10 }, {}], {}],
  ['is a duplicate of a dead letter', 'deadLettered', [{}, { sequence: 5, isDuplicate: true }], { undelivered: dead }],
  ['is a duplicate of one that waits', 'waiting', [{ sequence: 10 }, { sequence: 5, isDuplicate: true }], {}],
] as const)('an event that %s is %s', (_, state, places, given) => {
  expect(stateAt(places, given)).toBe(state);
});
