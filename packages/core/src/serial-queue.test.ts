import { expect, it } from 'vitest';
import { createSerialQueue } from './serial-queue.ts';

it('starts each function when the previous one has ended, and returns its result or error', async () => {
  const enqueue = createSerialQueue();
  const steps: string[] = [];
  const work = (name: string, fails = false) =>
    enqueue(async () => {
      steps.push(`${name} starts`);
      await new Promise((resolve) => setImmediate(resolve));
      steps.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const ended = await Promise.allSettled([work('a'), work('b', true), work('c')]);
  expect(steps).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  expect(ended).toMatchObject([{ value: 'a' }, { reason: new Error('b') }, { value: 'c' }]);
});
