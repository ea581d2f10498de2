import { expect, test } from 'vitest';
import { appendAll, letterOf, openTestDeadLetters } from './test-dead-letters.ts';

test('what is not delivered, open or dropped, of bodies from a sequence on', async () => {
  const letters = await openTestDeadLetters();
  await appendAll(letters, [1, 2, 3, 4, 5]);
  await letters.append(letterOf(5, { destination: 'other', element: 3 }));
  const [, second = 0, third = 0, fourth = 0] = letters.matching({ destination: 'siem' });
  await letters.resolve([second, third], 'dropped', 'operator');
  await letters.resolve([fourth], 'delivered', 'a-job');
  const undelivered = (from: number) =>
    [...letters.undelivered(from)]
      .map(({ destination, sequence, element }) => `${sequence}/${element} ${destination}`)
      .sort();
  expect(undelivered(2)).toEqual(['2/0 siem', '3/0 siem', '5/0 siem', '5/3 other']);
  expect(undelivered(4)).toEqual(['5/0 siem', '5/3 other']);
  // Rejected once more by a job and delivered then: the last word counts.
  await letters.append(letterOf(3));
  const [again = 0] = letters.matching({ ids: ['id-3'] });
  await letters.resolve([again], 'delivered', 'a-job');
  expect(undelivered(2)).toEqual(['2/0 siem', '5/0 siem', '5/3 other']);
  await letters.close();
});
