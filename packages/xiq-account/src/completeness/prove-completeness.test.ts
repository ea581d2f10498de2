import { messageTypes } from '@xiq-siem/xiq';
import { describe, expect, it } from 'vitest';
import type { CellState, DeliveryState } from './proof.ts';
import { audit, destination, event, hour, idOf, onlyCell, prove, storedOf, T, xiqOf } from './test-proof.ts';

const [a, b, c] = [event('a'), event('b', T + 2), event('c', T + 3)];

describe('a cell is complete', () => {
  it('if all logged events are stored and each destination has them', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [a, b] }]]),
      kept: storedOf(b, a),
      destinations: [
        destination({ a: 'confirmed', b: 'confirmed' }),
        destination({ a: 'filtered', b: 'filtered' }, 'file'),
      ],
    });
    expect(cell).toMatchObject({
      type: audit,
      hourMs: T,
      state: 'complete',
      xiq: 2,
      kept: 2,
      overall: 'complete',
    });
    expect(cell.reason).toBeUndefined();
    expect(cell.destinations).toEqual([
      { name: 'elastic', assurance: 'indexed', confirmed: 2, deadLettered: 0, filtered: 0, waiting: 0 },
      { name: 'file', assurance: 'indexed', confirmed: 0, deadLettered: 0, filtered: 2, waiting: 0 },
    ]);
    expect([cell.missing.count, cell.surplus.count]).toEqual([0, 0]);
  });

  it('if no event is logged and none is stored', () => {
    expect(onlyCell({ xiq: xiqOf([[T, { events: [] }]]) })).toMatchObject({
      state: 'complete',
      xiq: 0,
      kept: 0,
    });
  });

  it('if a stored event has another time than the logged one', () => {
    const kept = storedOf({ ...a, timeMs: T - 9 * hour });
    expect(onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), kept })).toMatchObject({ state: 'complete', kept: 1 });
    const other = storedOf({ ...a, timeMs: T + 2 * hour });
    const proof = prove({
      xiq: xiqOf([
        [T, { events: [a] }],
        [T + hour, { events: [] }],
        [T + 2 * hour, { events: [] }],
      ]),
      kept: other,
      toMs: T + 3 * hour,
    });
    expect(proof.states).toEqual({ missing: 0, surplus: 0, unprovable: 0, complete: 3 });
  });
});

describe('a cell is missing events', () => {
  it('that were not received, and lists them', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [a, b] }]]),
      kept: storedOf(a),
      destinations: [destination({ a: 'confirmed' })],
    });
    expect(cell).toMatchObject({ state: 'missing', xiq: 2, kept: 1, overall: 'missing' });
    expect(cell.missing).toEqual({
      count: 1,
      notReceived: 1,
      deadLettered: 0,
      waiting: 0,
      events: [{ ...b, reason: 'notReceived' }],
    });
  });

  it.each([
    ['that are dead letters of a destination', { a: 'deadLettered' } as const, 'deadLettered'],
    ['that wait for a destination', { a: 'waiting' } as const, 'waiting'],
    ['without a known state at a destination', {}, 'waiting'],
  ])('%s', (_, states, reason) => {
    const kept = storedOf(a);
    const other = destination({ a: 'confirmed' }, 'file');
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), kept, destinations: [other, destination(states)] });
    expect(cell).toMatchObject({ state: 'missing', kept: 1 });
    expect(cell.missing).toMatchObject({
      count: 1,
      notReceived: 0,
      [reason]: 1,
      events: [{ id: a.id, reason, destination: 'elastic' }],
    });
    expect(cell.destinations[1]).toMatchObject({ confirmed: 0, [reason]: 1 });
  });

  it('and counts each once, also if several destinations lack it', () => {
    const destinations = [destination({ a: 'deadLettered' }), destination({}, 'file')];
    const { missing } = onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), kept: storedOf(a), destinations });
    expect(missing).toMatchObject({ count: 1, deadLettered: 1, waiting: 1 });
    expect(missing.events.map(({ reason, destination: at }) => [reason, at])).toEqual([
      ['deadLettered', 'elastic'],
      ['waiting', 'file'],
    ]);
  });

  it('also if the log was read incompletely: more events may be missing', () => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a], uncertainty: 'The total changes.' }]]) });
    expect(cell).toMatchObject({
      state: 'missing',
      reason: { code: 'uncertain', message: 'The total changes.' },
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
  it('of stored events that are not in the log, with their id and user', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [a] }]]),
      kept: storedOf(a, b),
      destinations: [destination({ a: 'confirmed', b: 'deadLettered' })],
    });
    expect(cell).toMatchObject({ state: 'surplus', xiq: 1, kept: 2, overall: 'surplus' });
    expect(cell.surplus).toMatchObject({ count: 1, events: [{ id: b.id, user: 'admin' }] });
    expect(cell.destinations).toMatchObject([{ confirmed: 1, deadLettered: 1 }]);
    expect(cell.missing.count).toBe(0);
  });

  it('and missing events: the state is missing', () => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), kept: storedOf(b) });
    expect(cell).toMatchObject({ state: 'missing', missing: { count: 1 }, surplus: { count: 1 }, kept: 1 });
  });

  it('not of another type, another hour or another span', () => {
    const kept = new Map([...storedOf({ ...a, timeMs: T - 1 }, { ...b, timeMs: T + hour })]);
    kept.set(c.id, { ...c, timeMs: T + 1, messageType: 'SMS_LOG_ALL' });
    expect(onlyCell({ xiq: xiqOf([[T, { events: [] }]]), kept })).toMatchObject({ state: 'complete', kept: 0 });
  });

  it('lists so many, and counts all', () => {
    const kept = storedOf(...Array.from({ length: 5 }, (_, index) => event(`s${index}`, T + index)));
    const { surplus } = onlyCell({ xiq: xiqOf([[T, { events: [] }]]), kept, maxListed: 2 });
    expect([surplus.count, surplus.events.length]).toEqual([5, 2]);
  });
});

describe('an event with a different text in the log', () => {
  it('is one missing and one surplus event, never complete, and shown as probably the same', () => {
    const [logged, pushed] = [event('logged'), event('pushed')];
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [logged] }]]), kept: storedOf(pushed) });
    expect(cell).toMatchObject({ state: 'missing', probablySame: 1 });
    expect(cell.missing.events).toMatchObject([{ id: logged.id, probableMatchId: pushed.id }]);
    expect(cell.surplus.events).toMatchObject([{ id: pushed.id, probableMatchId: logged.id }]);
  });

  it.each([
    ['another time', event('pushed', T + 2)],
    ['another user', event('pushed', T + 1, 'other')],
    ['no user', { ...event('pushed'), user: undefined }],
  ])('is not paired with %s', (_, pushed) => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [event('logged')] }]]), kept: storedOf(pushed) });
    expect(cell).toMatchObject({ probablySame: 0, missing: { count: 1 }, surplus: { count: 1 } });
    expect(cell.missing.events[0]?.probableMatchId).toBeUndefined();
  });

  it('is in one pair at most, and in none without a time', () => {
    const logged = [event('l1'), event('l2'), { ...event('l3'), timeMs: undefined }];
    const cell = onlyCell({ xiq: xiqOf([[T, { events: logged }]]), kept: storedOf(event('p1')) });
    expect(cell).toMatchObject({ probablySame: 1, missing: { count: 3 }, surplus: { count: 1 } });
    expect(cell.missing.events.map(({ probableMatchId }) => probableMatchId)).toEqual([
      idOf('p1'),
      undefined,
      undefined,
    ]);
  });

  it('is not paired with a stored event that a destination lacks', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [event('x')] }]]),
      kept: storedOf(event('x'), event('y')),
      destinations: [destination({})],
    });
    expect(cell.probablySame).toBe(0);
  });
});

describe('a cell is unprovable', () => {
  const withoutLog = Object.keys(messageTypes).filter((type) => /GDPR|LOCATION/.test(type));

  it.each([...withoutLog, 'SENSOR_LOG_ALL'])('for %s, which has no log', (type) => {
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

  it('if the log of its hour was not read', () => {
    const cell = onlyCell({ kept: storedOf(a) });
    expect(cell).toMatchObject({
      state: 'unprovable',
      reason: { code: 'not_read' },
      kept: 1,
      surplus: { count: 0 },
    });
  });

  it('if the log was read incompletely, also with a surplus: it may be in the unread part', () => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a], uncertainty: 'x' }]]), kept: storedOf(a, b) });
    expect(cell).toMatchObject({
      state: 'unprovable',
      reason: { code: 'uncertain' },
      surplus: { count: 1 },
    });
  });

  it.each<[string, number, number, boolean]>([
    ['before it', T - hour, T, false],
    ['into its start', 0, T + 1, true],
    ['within it', T + 5, T + 6, true],
    ['over its end', T + hour - 1, T + 2 * hour, true],
    ['after it', T + hour, T + 2 * hour, false],
  ])('if bodies received %s are unavailable, and only then', (_, fromMs, toMs, isUnavailable) => {
    const cell = onlyCell({ xiq: xiqOf([[T, { events: [a] }]]), unavailableSpans: [{ fromMs, toMs }] });
    expect(cell).toMatchObject(
      isUnavailable ? { state: 'unprovable', reason: { code: 'bodies_unavailable' } } : { state: 'missing' },
    );
  });

  it('if it is not final', () => {
    const xiq = xiqOf([[T, { events: [a] }]]);
    expect(onlyCell({ xiq, logFinalMs: T + hour - 1 })).toMatchObject({
      state: 'unprovable',
      reason: { code: 'log_not_final' },
    });
    expect(onlyCell({ xiq, logFinalMs: T + hour }).state).toBe('missing');
  });

  it.each<[DeliveryState, CellState]>([
    ['deadLettered', 'missing'],
    ['waiting', 'unprovable'],
    ['confirmed', 'unprovable'],
  ])('if events may be unavailable; an event with the state %s then makes it %s', (delivery, state) => {
    const input = {
      xiq: xiqOf([[T, { events: [a, b] }]]),
      kept: storedOf(a),
      destinations: [destination({ a: delivery })],
    };
    expect(onlyCell({ ...input, unavailableSpans: [{ fromMs: 0, toMs: T + 1 }] }).state).toBe(state);
    expect(onlyCell({ ...input, logFinalMs: T }).state).toBe(state);
  });
});
