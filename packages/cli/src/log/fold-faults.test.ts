import { expect, it } from 'vitest';
import { type Fault, foldFaults } from './fold-faults.ts';
import { fakeClock } from './test-clock.ts';

function folded(maxFaults?: number) {
  const clock = fakeClock();
  const written: string[] = [];
  const write = ({ level, event, attributes }: Fault) =>
    written.push(`${level} ${event} ${JSON.stringify(attributes)}`);
  const folder = foldFaults({ write, clock, maxFaults });
  const error = (attributes: Fault['attributes'], event = 'delivery.failed') =>
    folder.report({ level: 'error', event, attributes });
  return { clock, written, folder, error };
}

it('the first fault is written at once; its repetitions within a minute are one line with the last attributes', () => {
  const { clock, written, error } = folded();
  for (let times = 0; times < 500; times += 1)
    error({ destination: 'a', code: 'http_503', message: `number ${times}` });
  expect(written).toEqual(['error delivery.failed {"destination":"a","code":"http_503","message":"number 0"}']);
  clock.advance(59_999);
  expect(written).toHaveLength(1);
  clock.advance(1);
  expect(written.slice(1)).toEqual([
    'error delivery.failed {"destination":"a","code":"http_503","message":"number 499","repeated":499}',
  ]);
});

it('after a minute a repeated fault is written at once again', () => {
  const { clock, written, error } = folded();
  error({ code: 'x' });
  clock.advance(60_000);
  error({ code: 'x' });
  expect(written).toEqual(['error delivery.failed {"code":"x"}', 'error delivery.failed {"code":"x"}']);
});

it('a different destination, code, event or level is a different fault', () => {
  const { written, folder, error } = folded();
  error({ destination: 'a', code: 'x' });
  error({ destination: 'b', code: 'x' });
  error({ destination: 'a', code: 'y' });
  error({ destination: 'a', code: 'x' }, 'delivery.events_blocked');
  folder.report({ level: 'warn', event: 'delivery.failed', attributes: { destination: 'a', code: 'x' } });
  expect(written).toHaveLength(5);
});

it('the values of two attributes are not confused', () => {
  const { written, error } = folded();
  error({ destination: 'a', code: 'b","c' });
  error({ destination: 'a","b', code: 'c' });
  expect(written).toHaveLength(2);
});

it('each fault has its own minute, and no timer stays after the last one', () => {
  const { clock, written, error } = folded();
  error({ code: 'x' });
  error({ code: 'x' });
  clock.advance(30_000);
  error({ code: 'y' });
  error({ code: 'y' });
  clock.advance(30_000);
  expect(written.filter((line) => line.includes('repeated'))).toEqual([
    'error delivery.failed {"code":"x","repeated":1}',
  ]);
  expect(clock.pending()).toBe(1);
  clock.advance(30_000);
  expect(written.filter((line) => line.includes('repeated'))).toHaveLength(2);
  expect(clock.pending()).toBe(0);
});

it('flush writes pending repetitions once and leaves no timer', () => {
  const { clock, written, folder, error } = folded();
  error({ code: 'x' });
  error({ code: 'x' });
  folder.flush();
  folder.flush();
  expect(written.slice(1)).toEqual(['error delivery.failed {"code":"x","repeated":1}']);
  expect(clock.pending()).toBe(0);
});

it('beyond the limit the oldest fault is written early, and no repetition is dropped', () => {
  const { written, folder, error } = folded(3);
  for (const code of ['a', 'b', 'c', 'a', 'a', 'd', 'e']) error({ code });
  expect(written.filter((line) => line.includes('repeated'))).toEqual([
    'error delivery.failed {"code":"a","repeated":2}',
  ]);
  folder.flush();
  expect(written).toHaveLength(6);
});
