// Log rows and stored events of one pairing key are paired by count: their ids differ.
import { describe, expect, it, test } from 'vitest';
import { destination, event, idOf, onlyCell, storedOf, T, xiqOf } from './test-proof.ts';

const row = (n: number, pairingKey = 'k') => ({ ...event(`row ${n}`), pairingKey });
const stored = (n: number, pairingKey = 'k') => ({ ...event(`stored ${n}`), pairingKey });
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const small = range(4);

it.each(small.flatMap((rows) => small.flatMap((kept) => small.map((same) => ({ rows, kept, same })))))(
  '$rows rows, $kept webhooks, $same rows that were fetched',
  ({ rows, kept, same }) => {
    const fetched = range(Math.min(rows, same)).map((n) => row(rows - 1 - n));
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: range(rows).map((n) => row(n)) }]]),
      kept: storedOf(...range(kept).map((n) => stored(n)), ...fetched),
    });
    const all = kept + fetched.length;
    const [missing, surplus] = [Math.max(0, rows - all), Math.max(0, all - rows)];
    expect(cell).toMatchObject({ xiq: rows, kept: all, missing: { count: missing }, surplus: { count: surplus } });
    expect(cell.state).toBe(missing > 0 ? 'missing' : surplus > 0 ? 'surplus' : 'complete');
    // A fetched row is never missing or surplus.
    const listed = [...cell.missing.events, ...cell.surplus.events].map(({ id }) => id);
    for (const { id } of fetched) expect(listed).not.toContain(id);
  },
);

test('events without a pairing key are paired by their ids only', () => {
  const cell = onlyCell({
    xiq: xiqOf([[T, { events: [event('a'), event('b')] }]]),
    kept: storedOf(event('b'), event('c')),
  });
  expect(cell).toMatchObject({ missing: { events: [{ id: idOf('a') }] }, surplus: { events: [{ id: idOf('c') }] } });
});

test('keys are not mixed', () => {
  const cell = onlyCell({
    xiq: xiqOf([[T, { events: [row(0), row(1, 'other')] }]]),
    kept: storedOf(stored(0), stored(1)),
  });
  expect(cell).toMatchObject({
    missing: { events: [{ id: row(1).id }] },
    surplus: { events: [{ id: stored(1).id }] },
  });
});

describe('a row whose stored event is not delivered', () => {
  it('is listed by the id of the stored event, which `trace` finds', () => {
    const cell = onlyCell({
      xiq: xiqOf([[T, { events: [row(0), row(1)] }]]),
      kept: storedOf(stored(0), stored(1)),
      destinations: [destination({ 'stored 0': 'confirmed', 'stored 1': 'deadLettered' })],
    });
    expect(cell.destinations).toMatchObject([{ confirmed: 1, deadLettered: 1 }]);
    expect(cell.missing.events).toMatchObject([
      { id: idOf('stored 1'), reason: 'deadLettered', destination: 'elastic' },
    ]);
  });
});

test('100,000 rows and events of one key take seconds', () => {
  const many = range(100_000);
  const before = process.cpuUsage();
  const cell = onlyCell({
    xiq: xiqOf([[T, { events: many.map((n) => row(n)) }]]),
    kept: storedOf(...many.map((n) => stored(n))),
  });
  expect(cell).toMatchObject({ state: 'complete', kept: 100_000 });
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(20);
});
