// Completeness with a journal that skips sequences: only bodies that it reports as lost are lost.
import { audit, destinations, linesOf, never, openFixture } from '@xiq-siem/queries/test-queries';
import { sequenceWithHoles as at, createManualClock, modelLog } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { requireRetained } from '../backfill/known-events.ts';
import { testAccount } from '../test-account.ts';
import { completeness } from './completeness.ts';

const hour = 3_600_000;

/** The cell of an hour with five received events, each in a body; `others` were not received; `damaged` bodies are lost. */
async function cellOf(damaged: readonly number[], others: readonly number[] = []) {
  const store = modelLog();
  await using fixture = await openFixture(destinations('one'), { over: store.open() });
  const receivedMs = fixture.now();
  const eventsOf = (ids: readonly number[]) => ids.map((id) => audit(id, { timestamp: receivedMs }));
  const events = eventsOf([0, 1, 2, 3, 4]);
  const world = testAccount();
  world.logs.set('audit', [...events, ...eventsOf(others)]);
  for (const event of events) await fixture.keep([event]);
  await fixture.settled();
  store.damage(damaged);
  const parts = {
    accounts: world.accounts,
    readModel: fixture.readModel,
    clock: createManualClock(receivedMs + 3 * hour),
  };
  const span = { from: new Date(receivedMs - 1).toISOString(), to: new Date(receivedMs + 60_000).toISOString() };
  const lines = await linesOf(completeness(parts, span, never));
  return lines.flatMap((line) => (line.kind === 'cell' ? [line.cell] : []))[0];
}

test('an hour is complete if only sequences are skipped', async () => {
  expect(await cellOf([])).toMatchObject({ state: 'complete', xiq: 5, kept: 5 });
  expect(await cellOf([], [5])).toMatchObject({ state: 'missing', xiq: 6, kept: 5, missingCount: 1 });
});

test('an hour with a lost body is unprovable', async () => {
  const reason = expect.stringContaining('no longer has');
  expect(await cellOf([at(2)])).toMatchObject({ state: 'unprovable', reason });
});

test('a journal that has evicted nothing retains all, whatever its first sequence', async () => {
  await using fixture = await openFixture(destinations('one'), { over: modelLog().open() });
  await fixture.keep([audit(0)]);
  await expect(requireRetained(fixture.journal, fixture.now() - 3 * hour, never)).resolves.toBeUndefined();
});
