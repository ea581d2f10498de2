// The cells of a span, and what all of them say together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryState, KeptEvent } from './proof.ts';
import { proofOf } from './prove-completeness.ts';
import { audit, event, hour, keptOf, onlyCell, prove, T, xiqOf } from './test-proof.ts';

const a = event('a');

describe('a span', () => {
  it('has a cell for each type and hour, also for the parts of hours at its ends', () => {
    const [early, late] = [event('early', T + 10), event('late', T + 50)];
    const types = [audit, 'SMS_LOG_ALL'];
    const xiq = xiqOf([
      [T, { events: [early, late] }],
      [T + hour, { events: [] }],
    ]);
    const proof = prove({ types, fromMs: T + 20, toMs: T + hour + 1, xiq, kept: keptOf(early, late) });
    expect(proof.cells.map(({ type, hourMs }) => [type, hourMs - T])).toEqual([
      [audit, 0],
      [audit, hour],
      ['SMS_LOG_ALL', 0],
      ['SMS_LOG_ALL', hour],
    ]);
    expect(proof.cells[0]).toMatchObject({ xiq: 1, kept: 1, state: 'whole' });
    expect(proof).toMatchObject({
      state: 'unprovable',
      states: { whole: 2, unprovable: 2, missing: 0, surplus: 0 },
    });
  });

  it('an event without a time that was read with two pieces of an hour is one', () => {
    const timeless = { ...a, timeMs: undefined };
    expect(onlyCell({ xiq: xiqOf([[T, { events: [timeless, timeless] }]]), kept: keptOf(a) })).toMatchObject({
      xiq: 1,
      kept: 1,
      state: 'whole',
    });
  });

  it('may be proved in parts: their cells say together what those of the whole say', () => {
    const xiq = xiqOf([0, 1, 2].map((index) => [T + index * hour, { events: [event(`e${index}`, T + index * hour)] }]));
    const kept = keptOf(event('e0', T), event('s', T + hour));
    const parts = [0, 1, 2].map((index) => ({ fromMs: T + index * hour, toMs: T + (index + 1) * hour }));
    const cells = parts.flatMap((part) => prove({ ...part, xiq, kept }).cells);
    expect(proofOf(cells)).toEqual(prove({ toMs: T + 3 * hour, xiq, kept }));
  });

  it.each<[readonly ('w' | 'm' | 's' | 'u')[], string]>([
    [[], 'whole'],
    [['w', 'w'], 'whole'],
    [['w', 'u'], 'unprovable'],
    [['u'], 'unprovable'],
    [['u', 's'], 'surplus'],
    [['w', 'm'], 'missing'],
    [['s', 'm', 'u', 'w'], 'missing'],
  ])('is as good as its worst hour: %j', (hours, state) => {
    const kept: KeptEvent[] = [];
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

it('whatever was logged, kept and delivered, the counts agree', () => {
  const state = fc.constantFrom<DeliveryState | undefined>(
    'confirmed',
    'deadLettered',
    'filtered',
    'waiting',
    undefined,
  );
  const drawn = fc.array(
    fc.record({ at: fc.nat({ max: 2 * hour - 1 }), logged: fc.boolean(), blocked: fc.boolean(), state }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(drawn, (events) => {
      const all = events.map((one, index) => ({ ...one, attributes: event(`p${index}`, T + one.at, `u${index % 3}`) }));
      const logged = all.filter((one) => one.logged);
      const blocked = all.filter((one) => one.blocked);
      const within = (from: number) =>
        logged.filter(({ at }) => at >= from && at < from + hour).map(({ attributes }) => attributes);
      const states = new Map(all.map((one) => [one.attributes.id, one.state]));
      const proof = prove({
        toMs: T + 2 * hour,
        xiq: xiqOf([
          [T, { events: within(0) }],
          [T + hour, { events: within(hour) }],
        ]),
        kept: keptOf(...blocked.map(({ attributes }) => attributes)),
        destinations: [{ name: 'd', assurance: 'stored', stateOf: (id) => states.get(id) }],
      });
      const sum = (of: (cell: (typeof proof.cells)[number]) => number) =>
        proof.cells.reduce((total, cell) => total + of(cell), 0);
      expect(sum(({ xiq }) => xiq ?? Number.NaN)).toBe(logged.length);
      expect(sum(({ kept }) => kept)).toBe(blocked.length);
      const surplus = blocked.filter((one) => !one.logged).length;
      expect(sum((cell) => cell.surplus.count)).toBe(surplus);
      const reached = logged.filter(
        (one) => one.blocked && (one.state === 'confirmed' || one.state === 'filtered'),
      ).length;
      expect(sum(({ missing }) => missing.count)).toBe(logged.length - reached);
      for (const cell of proof.cells) {
        const [counts] = cell.destinations;
        expect(
          (counts?.confirmed ?? 0) + (counts?.deadLettered ?? 0) + (counts?.filtered ?? 0) + (counts?.waiting ?? 0),
        ).toBe(cell.kept);
        expect(cell.kept).toBe((cell.xiq ?? 0) - cell.missing.notKept + cell.surplus.count);
        expect(cell.state === 'whole').toBe(cell.missing.count === 0 && cell.surplus.count === 0);
      }
      expect(proof.state === 'whole').toBe(surplus === 0 && reached === logged.length);
    }),
    { numRuns: 200 },
  );
});
