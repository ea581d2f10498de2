// The connector listens after these reads: their time must not depend on the number of dead letters.
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { openBackfillPairing } from './backfill-pairing.ts';
import { openDeadLetters } from './dead-letters/open-dead-letters.ts';
import { appendAll, range } from './dead-letters/test-dead-letters.ts';
import { readKnownHistory } from './known-history.ts';
import type { Reading } from './sqlite/database.ts';
import { newStateDirectory, openTestState } from './test-state.ts';

it('L15: no read before listening scans the dead letters', async () => {
  const log = createRecordingLogger();
  const directory = await newStateDirectory();
  const { database } = await openTestState(directory);
  const asked: Parameters<Reading['read']>[] = [];
  const observed: typeof database = {
    ...database,
    read(...query) {
      asked.push(query);
      return database.read(...query);
    },
  };
  const options = { maxBytes: 1e6, minFreeBytes: 0, directory, now: Date.now, log };
  await appendAll(await openDeadLetters(database, options), range(1, 20));

  await readKnownHistory(observed, 'instance', log);
  await openDeadLetters(observed, options);
  await openBackfillPairing(observed, { now: Date.now, mayDeleteByAge: () => true, log });
  expect(asked.length).toBeGreaterThanOrEqual(4);
  const plans = asked.map(([sql, parameters]) => database.read(`EXPLAIN QUERY PLAN ${sql}`, parameters));
  const steps = JSON.stringify(await Promise.all(plans));
  expect(steps).toContain('SEARCH dead_letters USING');
  expect(steps).not.toMatch(/SCAN (?:dead_letters|dead_letter_documents|resolved)\b/);
});
