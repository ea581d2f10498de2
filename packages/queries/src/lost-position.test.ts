// The position file of a destination with dead letters is removed or damaged while the connector is stopped.
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { statusOf } from './status.ts';
import { identity, liveOf } from './test-live.ts';
import { audit, destinations, openFixture, verdictWhere } from './test-queries.ts';

const rejectsEven = verdictWhere('rejected', (json) => /number [02468]\b/.test(json));

it.each(['removed', 'emptied'])(
  'L13: after the position was %s, the destination starts at the oldest body',
  async (how) => {
    const first = await openFixture(destinations('one', 'two'));
    first.siem('one').response = rejectsEven;
    await first.keep([audit(1), audit(2), audit(3), audit(4), audit(6)]);
    await first.settled();
    await first.sample();
    await first.deadLetters.drop({ numbers: [1] }, 1);
    await first.stop();
    const path = join(first.data.path, 'positions/one.position');
    await (how === 'removed' ? rm(path) : truncate(path));

    await using again = await openFixture(destinations('one', 'two'), { after: first });
    expect(again.log.of('position.restarted')).toMatchObject([{ attributes: { destination: 'one', sequence: 1 } }]);
    await again.keep([audit(8)]);
    await again.settled();
    const { destinations: shown, incidents, reconciled } = await statusOf(again.readModel(), identity, liveOf(again));
    expect(reconciled).toBe(true);
    expect(incidents).toMatchObject([{ kind: 'position', lost: 0 }]);
    // Its events are sent again, and the dropped one is a dead letter again.
    expect(shown).toMatchObject([
      { name: 'one', lag: { bodies: 0 }, deadLetters: { open: 4, dropped: 1, unaccounted: 0 } },
      { name: 'two', lag: { bodies: 0 }, counters: { delivered: 6 } },
    ]);
  },
);

it('L13: a destination that was forgotten is a new one', async () => {
  const first = await openFixture(destinations('one', 'two'));
  await first.keep([audit(1)]);
  await first.settled();
  await first.sample();
  await first.pipeline.apply(await first.configure(destinations('one')));
  const { forgetDestination } = await import('@xiq-siem/pipeline');
  expect(await forgetDestination(first, 'two', true)).toBe(0);
  expect(await forgetDestination(first, 'two')).toBe(0);
  await first.stop();
  await using again = await openFixture(destinations('one', 'two'), { after: first });
  expect(again.log.of('position.restarted')).toEqual([]);
  expect(await again.state.incidents()).toEqual([]);
});
