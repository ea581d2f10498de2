// The cells of a span and their combined state.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryState, StoredEvent } from './proof.ts';
import { proofOf } from './prove-completeness.ts';
import { audit, event, hour, onlyCell, prove, storedOf, T, xiqOf } from './test-proof.ts';

const a = event('a');

describe('a span', () => {
  it('has a cell for each type and hour, also for partial hours', () => {
    const [early, late] = [event('early', T + 10), event('late', T + 50)];
    const types = [audit, 'SMS_LOG_ALL'];
    const xiq = xiqOf([
      [T, { events: [early, late] }],
      [T + hour, { events: [] }],
    ]);
    const proof = prove({ types, fromMs: T + 20, toMs: T + hour + 1, xiq, kept: storedOf(early, late) });
    expect(proof.cells.map(({ type, hourMs }) => [type, hourMs - T])).toEqual([
      [audit, 0],
      [audit, hour],
      ['SMS_LOG_ALL', 0],
      ['SMS_LOG_ALL', hour],
    ]);
    expect(proof.cells[0]).toMatchObject({ xiq: 1, kept: 1, state: 'complete' });
    expect(proof).toMatchObject({
      state: 'unprovable',
      states: { complete: 2, unprovable: 2, missing: 0, surplus: 0 },
    });
  });

  it('an event without a time that is in two chunks of an hour counts once', () => {
    const timeless = { ...a, timeMs: undefined };
    expect(onlyCell({ xiq: xiqOf([[T, { events: [timeless, timeless] }]]), kept: storedOf(a) })).toMatchObject({
      xiq: 1,
      kept: 1,
      state: 'complete',
    });
  });

  it('can be proved in parts with the same result', () => {
    const xiq = xiqOf([0, 1, 2].map((index) => [T + index * hour, { events: [event(`e${index}`, T + index * hour)] }]));
    const kept = storedOf(event('e0', T), event('s', T + hour));
    const parts = [0, 1, 2].map((index) => ({ fromMs: T + index * hour, toMs: T + (index + 1) * hour }));
    const cells = parts.flatMap((part) => prove({ ...part, xiq, kept }).cells);
    expect(proofOf(cells)).toEqual(prove({ toMs: T + 3 * hour, xiq, kept }));
  });

  it.each<[readonly ('w' | 'm' | 's' | 'u')[], string]>([
    [[], 'complete'],
    [['w', 'w'], 'complete'],
    [['w', 'u'], 'unprovable'],
    [['u'], 'unprovable'],
    [['u', 's'], 'surplus'],
    [['w', 'm'], 'missing'],
    [['s', 'm', 'u', 'w'], 'missing'],
  ])('has the state of its worst hour: %j', (hours, state) => {
    const kept: StoredEvent[] = [];
    const read = hours.flatMap((kind, index) => {
      const at = T + index * hour;
      const one = event(`e${index}`, at);
      if (kind === 'w' || kind === 's') kept.push({ ...one, timeMs: at, messageType: audit });
      return kind === 'u' ? [] : [[at, { events: kind === 's' ? [] : [one] }] as const];
    });
    const proof = prove({
      toMs: T + hours.length * hour,
      xiq: xiqOf(read),
      kept: new Map(kept.map((one) => [one.id, one])),
    });
    expect(proof).toMatchObject({ state });
    expect(proof.cells).toHaveLength(hours.length);
  });
});

it('the counts agree for any logged, stored and delivered events', () => {
  const state = fc.constantFrom<DeliveryState | undefined>(
    'confirmed',
    'deadLettered',
    'filtered',
    'waiting',
    undefined,
  );
  const drawn = fc.array(
    fc.record({ at: fc.nat({ max: 2 * hour - 1 }), logged: fc.boolean(), stored: fc.boolean(), state }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(drawn, (events) => {
      const all = events.map((one, index) => ({ ...one, summary: event(`p${index}`, T + one.at, `u${index % 3}`) }));
      const logged = all.filter((one) => one.logged);
      const stored = all.filter((one) => one.stored);
      const within = (from: number) =>
        logged.filter(({ at }) => at >= from && at < from + hour).map(({ summary }) => summary);
      const states = new Map(all.map((one) => [one.summary.id, one.state]));
      const proof = prove({
        toMs: T + 2 * hour,
        xiq: xiqOf([
          [T, { events: within(0) }],
          [T + hour, { events: within(hour) }],
        ]),
        kept: storedOf(...stored.map(({ summary }) => summary)),
        destinations: [{ name: 'd', assurance: 'stored', stateOf: (id) => states.get(id) }],
      });
      const sum = (of: (cell: (typeof proof.cells)[number]) => number) =>
        proof.cells.reduce((total, cell) => total + of(cell), 0);
      expect(sum(({ xiq }) => xiq ?? Number.NaN)).toBe(logged.length);
      expect(sum(({ kept }) => kept)).toBe(stored.length);
      const surplus = stored.filter((one) => !one.logged).length;
      expect(sum((cell) => cell.surplus.count)).toBe(surplus);
      const reached = logged.filter(
        (one) => one.stored && (one.state === 'confirmed' || one.state === 'filtered'),
      ).length;
      expect(sum(({ missing }) => missing.count)).toBe(logged.length - reached);
      for (const cell of proof.cells) {
        const [counts] = cell.destinations;
        expect(
          (counts?.confirmed ?? 0) + (counts?.deadLettered ?? 0) + (counts?.filtered ?? 0) + (counts?.waiting ?? 0),
        ).toBe(cell.kept);
        expect(cell.kept).toBe((cell.xiq ?? 0) - cell.missing.notReceived + cell.surplus.count);
        expect(cell.state === 'complete').toBe(cell.missing.count === 0 && cell.surplus.count === 0);
      }
      expect(proof.state === 'complete').toBe(surplus === 0 && reached === logged.length);
    }),
    { numRuns: 200 },
  );
});
