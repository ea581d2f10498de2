import { messageTypes } from '@xiq-siem/xiq';
import { describe, expect, it } from 'vitest';
import type { CellState, DeliveryState } from './proof.ts';
import { audit, destination, event, hour, idOf, keptOf, onlyCell, prove, T, xiqOf } from './test-proof.ts';

const [a, b, c] = [event('a'), event('b', T + 2), event('c', T + 3)];

describe('a cell is whole', () => {
  it('where what XIQ logged is what we kept and every destination has it', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [a, b] }]]),
      kept: keptOf(b, a),
      destinations: [
        destination({ a: 'confirmed', b: 'confirmed' }),
        destination({ a: 'filtered', b: 'filtered' }, 'file'),
      ],
    });
    expect(cell).toMatchObject({
      type: audit,
      hourMs: T,
      state: 'whole',
      xiq: 2,
      kept: 2,
      overall: 'whole',
    });
    expect(cell.reason).toBeUndefined();
    expect(cell.destinations).toEqual([
      { name: 'elastic', assurance: 'indexed', confirmed: 2, deadLettered: 0, filtered: 0, waiting: 0 },
      { name: 'file', assurance: 'indexed', confirmed: 0, deadLettered: 0, filtered: 2, waiting: 0 },
    ]);
    expect([cell.missing.count, cell.surplus.count]).toEqual([0, 0]);
  });

  it('where XIQ logged nothing and we kept nothing', () => {
    expect(onlyCell({ xiq: xiqOf([[T, { events: [] }]]) })).toMatchObject({
      state: 'whole',
      xiq: 0,
      kept: 0,
    });
  });

  it('whatever time a kept event itself was thought to have', () => {
    const kept = keptOf({ ...a, timeMs: T - 9 * hour });
    expect(onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), kept })).toMatchObject({ state: 'whole', kept: 1 });
    const other = keptOf({ ...a, timeMs: T + 2 * hour });
    const proof = prove({
      xiq: xiqOf([
        [T, { events: [a] }],
        [T + hour, { events: [] }],
        [T + 2 * hour, { events: [] }],
      ]),
      kept: other,
      toMs: T + 3 * hour,
    });
    expect(proof.states).toEqual({ missing: 0, surplus: 0, unprovable: 0, whole: 3 });
  });
});

describe('a cell is missing events', () => {
  it('that we never kept, and lists them', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [a, b] }]]),
      kept: keptOf(a),
      destinations: [destination({ a: 'confirmed' })],
    });
    expect(cell).toMatchObject({ state: 'missing', xiq: 2, kept: 1, overall: 'missing' });
    expect(cell.missing).toEqual({
      count: 1,
      notKept: 1,
      deadLettered: 0,
      waiting: 0,
      events: [{ ...b, why: 'notKept' }],
    });
  });

  it.each([
    ['that a destination has as dead letters', { a: 'deadLettered' } as const, 'deadLettered'],
    ['that wait for a destination', { a: 'waiting' } as const, 'waiting'],
    ['of which a destination knows nothing yet', {}, 'waiting'],
  ])('%s', (_, states, why) => {
    const kept = keptOf(a);
    const other = destination({ a: 'confirmed' }, 'file');
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), kept, destinations: [other, destination(states)] });
    expect(cell).toMatchObject({ state: 'missing', kept: 1 });
    expect(cell.missing).toMatchObject({
      count: 1,
      notKept: 0,
      [why]: 1,
      events: [{ id: a.id, why, destination: 'elastic' }],
    });
    expect(cell.destinations[1]).toMatchObject({ confirmed: 0, [why]: 1 });
  });

  it('once each, however many destinations lack them', () => {
    const destinations = [destination({ a: 'deadLettered' }), destination({}, 'file')];
    const { missing } = onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), kept: keptOf(a), destinations });
    expect(missing).toMatchObject({ count: 1, deadLettered: 1, waiting: 1 });
    expect(missing.events.map(({ why, destination: at }) => [why, at])).toEqual([
      ['deadLettered', 'elastic'],
      ['waiting', 'file'],
    ]);
  });

  it('also where not all of the log could be read: then more may be missing', () => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a], doubt: 'The total moves.' }]]) });
    expect(cell).toMatchObject({
      state: 'missing',
      reason: { code: 'doubtful', message: 'The total moves.' },
    });
  });

  it('lists so many, and counts all', () => {
    const events = Array.from({ length: 250 }, (_, index) => event(`m${index}`, T + index));
    const { missing } = onlyCell({ xiq: xiqOf([[T, { events }]]) });
    expect([missing.count, missing.events.length]).toEqual([250, 100]);
    expect(onlyCell({ xiq: xiqOf([[T, { events }]]), maxListed: 3 }).missing.events).toHaveLength(3);
  });
});

describe('a cell has a surplus', () => {
  it('of kept events that are not in the log, with what trace needs', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [a] }]]),
      kept: keptOf(a, b),
      destinations: [destination({ a: 'confirmed', b: 'deadLettered' })],
    });
    expect(cell).toMatchObject({ state: 'surplus', xiq: 1, kept: 2, overall: 'surplus' });
    expect(cell.surplus).toMatchObject({ count: 1, events: [{ id: b.id, user: 'admin' }] });
    expect(cell.destinations).toMatchObject([{ confirmed: 1, deadLettered: 1 }]);
    expect(cell.missing.count).toBe(0);
  });

  it('beside what is missing: then missing is the worse of the two', () => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), kept: keptOf(b) });
    expect(cell).toMatchObject({ state: 'missing', missing: { count: 1 }, surplus: { count: 1 }, kept: 1 });
  });

  it('not of another type, another hour or another span', () => {
    const kept = new Map([...keptOf({ ...a, timeMs: T - 1 }, { ...b, timeMs: T + hour })]);
    kept.set(c.id, { ...c, timeMs: T + 1, messageType: 'SMS_LOG_ALL' });
    expect(onlyCell({ xiq: xiqOf([[T, { events: [] }]]), kept })).toMatchObject({ state: 'whole', kept: 0 });
  });

  it('lists so many, and counts all', () => {
    const kept = keptOf(...Array.from({ length: 5 }, (_, index) => event(`s${index}`, T + index)));
    const { surplus } = onlyCell({ xiq: xiqOf([[T, { events: [] }]]), kept, maxListed: 2 });
    expect([surplus.count, surplus.events.length]).toEqual([5, 2]);
  });
});

describe('an event that is worded differently in the log', () => {
  it('is one missing and one surplus, never whole, and named as probably the same', () => {
    const [logged, pushed] = [event('logged'), event('pushed')];
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [logged] }]]), kept: keptOf(pushed) });
    expect(cell).toMatchObject({ state: 'missing', probablySame: 1 });
    expect(cell.missing.events).toMatchObject([{ id: logged.id, probably: pushed.id }]);
    expect(cell.surplus.events).toMatchObject([{ id: pushed.id, probably: logged.id }]);
  });

  it.each([
    ['another time', event('pushed', T + 2)],
    ['another user', event('pushed', T + 1, 'other')],
    ['no user', { ...event('pushed'), user: undefined }],
  ])('is not thought to be one with %s', (_, pushed) => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [event('logged')] }]]), kept: keptOf(pushed) });
    expect(cell).toMatchObject({ probablySame: 0, missing: { count: 1 }, surplus: { count: 1 } });
    expect(cell.missing.events[0]?.probably).toBeUndefined();
  });

  it('has one partner at most; one whose time is not known has none', () => {
    const logged = [event('l1'), event('l2'), { ...event('l3'), timeMs: undefined }];
    const cell = onlyCell({ xiq: xiqOf([[T, { events: logged }]]), kept: keptOf(event('p1')) });
    expect(cell).toMatchObject({ probablySame: 1, missing: { count: 3 }, surplus: { count: 1 } });
    expect(cell.missing.events.map(({ probably }) => probably)).toEqual([idOf('p1'), undefined, undefined]);
  });

  it('is not sought among the events that we kept but a destination lacks', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [event('x')] }]]),
      kept: keptOf(event('x'), event('y')),
      destinations: [destination({})],
    });
    expect(cell.probablySame).toBe(0);
  });
});

describe('a cell is unprovable', () => {
  const withoutLog = Object.keys(messageTypes).filter((type) => /GDPR|LOCATION/.test(type));

  it.each([...withoutLog, 'SENSOR_LOG_ALL'])('for %s, which has no log that can be read', (type) => {
    const kept = new Map([[a.id, { ...a, timeMs: T, messageType: type }]]);
    const cell = onlyCell({
      types: [type],
      kept,
      xiq: xiqOf([[T, { events: [b] }]], type),
      destinations: [destination({ a: 'confirmed' })],
    });
    expect(cell).toMatchObject({ state: 'unprovable', reason: { code: 'no_rest_log' }, kept: 1 });
    expect(cell.xiq).toBeUndefined();
    expect([cell.missing.count, cell.surplus.count]).toEqual([0, 0]);
    expect(cell.destinations).toMatchObject([{ confirmed: 1 }]);
  });

  it('where the log of its hour was not read', () => {
    const cell = onlyCell({ kept: keptOf(a) });
    expect(cell).toMatchObject({
      state: 'unprovable',
      reason: { code: 'not_read' },
      kept: 1,
      surplus: { count: 0 },
    });
  });

  it('where not all of it could be read, also with a surplus: it may be in what was not read', () => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a], doubt: 'x' }]]), kept: keptOf(a, b) });
    expect(cell).toMatchObject({
      state: 'unprovable',
      reason: { code: 'doubtful' },
      surplus: { count: 1 },
    });
  });

  it.each<[string, number, number, boolean]>([
    ['before it', T - hour, T, false],
    ['into its beginning', 0, T + 1, true],
    ['within it', T + 5, T + 6, true],
    ['over its end', T + hour - 1, T + 2 * hour, true],
    ['after it', T + hour, T + 2 * hour, false],
  ])('where bodies received %s are gone, and only then', (_, fromMs, toMs, isGone) => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), goneBodies: [{ fromMs, toMs }] });
    expect(cell).toMatchObject(
      isGone ? { state: 'unprovable', reason: { code: 'bodies_gone' } } : { state: 'missing' },
    );
  });

  it('where it has not settled', () => {
    const xiq = xiqOf([[T, { events: [a] }]]);
    expect(onlyCell({ xiq, settledMs: T + hour - 1 })).toMatchObject({
      state: 'unprovable',
      reason: { code: 'not_settled' },
    });
    expect(onlyCell({ xiq, settledMs: T + hour }).state).toBe('missing');
  });

  it.each<[DeliveryState, CellState]>([
    ['deadLettered', 'missing'],
    ['waiting', 'unprovable'],
    ['confirmed', 'unprovable'],
  ])('where it is not known whether all was kept; an event that is %s then makes it %s', (delivery, state) => {
    const input = {
      xiq: xiqOf([[T, { events: [a, b] }]]),
      kept: keptOf(a),
      destinations: [destination({ a: delivery })],
    };
    expect(onlyCell({ ...input, goneBodies: [{ fromMs: 0, toMs: T + 1 }] }).state).toBe(state);
    expect(onlyCell({ ...input, settledMs: T }).state).toBe(state);
  });
});
