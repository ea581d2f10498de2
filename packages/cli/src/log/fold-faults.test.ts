import { expect, it } from 'vitest';
import { type Fault, foldFaults } from './fold-faults.ts';
import { drivenClock } from './test-clock.ts';

function folded(maxFaults?: number) {
  const clock = drivenClock();
  const told: string[] = [];
  const write = ({ level, event, attributes }: Fault) => told.push(`${level} ${event} ${JSON.stringify(attributes)}`);
  const fold = foldFaults({ write, clock, maxFaults });
  const error = (attributes: Fault['attributes'], event = 'delivery.failed') =>
    fold.tell({ level: 'error', event, attributes });
  return { clock, told, fold, error };
}

it('a fault is told at once, and its repetitions within a minute in one line with the last facts', () => {
  const { clock, told, error } = folded();
  for (let times = 0; times < 500; times += 1) error({ destination: 'a', code: 'http_503', message: `no. ${times}` });
  expect(told).toEqual(['error delivery.failed {"destination":"a","code":"http_503","words":"no. 0"}']);
  clock.pass(59_999);
  expect(told).toHaveLength(1);
  clock.pass(1);
  expect(told.slice(1)).toEqual([
    'error delivery.failed {"destination":"a","code":"http_503","words":"no. 499","repeated":499}',
  ]);
});

it('after its minute a fault is told at once again', () => {
  const { clock, told, error } = folded();
  error({ code: 'x' });
  clock.pass(60_000);
  error({ code: 'x' });
  expect(told).toEqual(['error delivery.failed {"code":"x"}', 'error delivery.failed {"code":"x"}']);
});

it('another destination, code, event or level is another fault', () => {
  const { told, fold, error } = folded();
  error({ destination: 'a', code: 'x' });
  error({ destination: 'b', code: 'x' });
  error({ destination: 'a', code: 'y' });
  error({ destination: 'a', code: 'x' }, 'delivery.events_blocked');
  fold.tell({ level: 'warn', event: 'delivery.failed', attributes: { destination: 'a', code: 'x' } });
  expect(told).toHaveLength(5);
});

it('the values of two facts never read as those of one', () => {
  const { told, error } = folded();
  error({ destination: 'a', code: 'b","c' });
  error({ destination: 'a","b', code: 'c' });
  expect(told).toHaveLength(2);
});

it('each fault has a minute of its own, and nothing waits when all are over', () => {
  const { clock, told, error } = folded();
  error({ code: 'x' });
  error({ code: 'x' });
  clock.pass(30_000);
  error({ code: 'y' });
  error({ code: 'y' });
  clock.pass(30_000);
  expect(told.filter((line) => line.includes('repeated'))).toEqual(['error delivery.failed {"code":"x","repeated":1}']);
  expect(clock.waiting()).toBe(1);
  clock.pass(30_000);
  expect(told.filter((line) => line.includes('repeated'))).toHaveLength(2);
  expect(clock.waiting()).toBe(0);
});

it('a flush tells what was held back, once, and leaves no timer', () => {
  const { clock, told, fold, error } = folded();
  error({ code: 'x' });
  error({ code: 'x' });
  fold.flush();
  fold.flush();
  expect(told.slice(1)).toEqual(['error delivery.failed {"code":"x","repeated":1}']);
  expect(clock.waiting()).toBe(0);
});

it('beyond its bound the oldest is told early, and no repetition is forgotten', () => {
  const { told, fold, error } = folded(3);
  for (const code of ['a', 'b', 'c', 'a', 'a', 'd', 'e']) error({ code });
  expect(told.filter((line) => line.includes('repeated'))).toEqual(['error delivery.failed {"code":"a","repeated":2}']);
  fold.flush();
  expect(told).toHaveLength(6);
});
