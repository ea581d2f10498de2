import { expect, test } from 'vitest';
import { lastReceivedMs } from './last-received.ts';
import { audit, destinations, openFixture } from './test-queries.ts';

test('the last webhook of each source is found; bodies of other origins do not count', async () => {
  await using fixture = await openFixture(destinations('one'));
  expect(await lastReceivedMs(fixture.journal)).toEqual(new Map());
  const append = (source: string, origin: 'webhook' | 'rest' | 'self', receivedAtMs: number) =>
    fixture.journal.append({ source, origin, receivedAtMs }, Buffer.from(JSON.stringify([audit(1)])));
  await append('xiq', 'webhook', 1_000);
  await append('guest', 'webhook', 2_000);
  await append('xiq', 'webhook', 3_000);
  await append('xiq', 'rest', 4_000);
  await append('self', 'self', 5_000);
  expect(await lastReceivedMs(fixture.journal)).toEqual(
    new Map([
      ['guest', 2_000],
      ['xiq', 3_000],
    ]),
  );
});

test('only the end of a long journal is read', async () => {
  await using fixture = await openFixture(destinations('one'));
  const append = (source: string, bytes: number) =>
    fixture.journal.append({ source, origin: 'webhook', receivedAtMs: 1 }, Buffer.alloc(bytes, 'a'));
  await append('old', 1_000);
  for (let index = 0; index < 10; index += 1) await append('new', 1_000_000);
  expect([...(await lastReceivedMs(fixture.journal)).keys()]).toEqual(['new']);
});
