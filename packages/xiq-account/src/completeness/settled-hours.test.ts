import type { CompletenessCell } from '@xiq-siem/admin-api';
import { audit, destinations, type Fixture, linesOf, never, openFixture } from '@xiq-siem/queries/test-queries';
import { createManualClock, type ManualClock } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { type TestAccount, testAccount } from '../test-account.ts';
import { completeness } from './completeness.ts';

const hour = 3_600_000;
const begin = Date.UTC(2026, 10, 24, 8);
const settle = 600_000;

async function statesOf(fixture: Fixture, world: TestAccount, clock: ManualClock) {
  const span = { from: new Date(begin).toISOString(), to: new Date(begin + hour).toISOString() };
  const lines = await linesOf(
    completeness({ accounts: world.accounts, readModel: fixture.readModel, clock }, span, never),
  );
  const cells = lines.flatMap((line): CompletenessCell[] => (line.kind === 'cell' ? [line.cell] : []));
  return { states: cells.map(({ state }) => state), end: lines.at(-1) };
}

test('an hour that settles during the read is not complete: its end was not read', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', [audit(1, { timestamp: begin + hour - 1_000 })]);
  const clock = createManualClock(begin + hour + settle - 5_000);
  world.before = () => clock.advance(20_000);
  expect((await statesOf(fixture, world, clock)).states).toEqual(['unprovable']);
  expect((await statesOf(fixture, world, clock)).states).toEqual(['missing']);
});

test('with a server clock behind ours, an hour settles later', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  const clock = createManualClock(begin + 2 * hour);
  world.aheadMs = -hour;
  const young = await statesOf(fixture, world, clock);
  expect(young.states).toEqual(['unprovable']);
  expect(young.end).toMatchObject({ verdict: 'unprovable', note: expect.stringContaining('60 min behind ours') });
  await clock.advance(settle);
  expect((await statesOf(fixture, world, clock)).states).toEqual(['complete']);
});
