import { expect, it } from 'vitest';
import { type EventPosition, positionKey, settledStates } from './settled-states.ts';
import { idOf } from './test-proof.ts';

interface Options {
  /** Bodies before it are settled. */
  readonly sequence?: number;
  /** The first and last evicted sequence. */
  readonly evicted?: readonly [number, number];
  readonly undelivered?: ReadonlyMap<string, 'deadLettered' | 'waiting'>;
  readonly startSequence?: number;
}

/** The state of one event with these positions at the destination `one`. */
function stateAt(positions: readonly Partial<EventPosition>[], options: Options = {}) {
  const { sequence = 10, evicted, undelivered = new Map(), startSequence = 0 } = options;
  const [fromSequence = 0, toSequence = -1] = evicted ?? [];
  const gap = { destination: 'one', fromSequence, toSequence, bodies: 1, bytes: 1, lastAtMs: 0 };
  const counters = { normalized: 0, delivered: 0, degraded: 0, duplicate: 0, deadLettered: 0, filtered: 0, damaged: 0 };
  const states = settledStates(
    {
      journal: { retentionGaps: () => [gap] },
      position: () => ({ sequence, settled: [], counters }),
    },
    { name: 'one', assurance: 'stored', wants: ({ dataset }) => dataset === 'included' },
    undelivered,
    startSequence,
  );
  const usual = { ordinal: 0, sequence: 3, element: 0, dataset: 'included', source: 'xiq', document: {} };
  for (const position of positions) states.add({ ...usual, ...position });
  return states.record(() => 0).stateOf(idOf('a'));
}

const dead = new Map([[positionKey('one', 3, 0), 'deadLettered']] as const);
const parked = new Map([[positionKey('one', 3, 0), 'waiting']] as const);

it.each([
  ['is settled', 'confirmed', [{}], {}],
  ['is not settled yet', 'waiting', [{ sequence: 10 }], {}],
  ['is a dead letter', 'deadLettered', [{}], { undelivered: dead }],
  ['is parked', 'waiting', [{}], { undelivered: parked }],
  ['is excluded by routing', 'filtered', [{ dataset: 'other' }], {}],
  ['was received before the destination was added', 'filtered', [{}], { startSequence: 4 }],
  ['was evicted from the journal before it was sent', 'waiting', [{}], { evicted: [2, 3] }],
  ['was sent before others were evicted', 'confirmed', [{}], { evicted: [4, 5] }],
  ['is settled in one body and waits in another', 'confirmed', [{ sequence: 10 }, {}], {}],
] as const)('an event that %s is %s', (_, state, positions, options) => {
  expect(stateAt(positions, options)).toBe(state);
});
