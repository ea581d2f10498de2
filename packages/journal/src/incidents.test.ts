import type { PositionOptions } from '@xiq-siem/core';
import { type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { appendText, at, readAll, testJournal, textsOf } from './fixtures/test-journal.ts';
import type { JournalIncident, KnownHistory } from './incidents.ts';

const evict: PositionOptions = { startAt: 'earliest', whenFull: 'evict' };
const gapsPath = '/data/journal/gaps';

async function reopened(files: ModelFiles, known?: Partial<KnownHistory>) {
  const incidents: JournalIncident[] = [];
  const onIncident = async (incident: JournalIncident): Promise<void> => void incidents.push(incident);
  const nothing = { destinations: [], nextSequence: 1, deadLettered: async () => 0 };
  const opened = await testJournal(files, { onIncident, known: { ...nothing, ...known } });
  return { ...opened, incidents };
}

/** Evicts for `slow`, and returns the files after each of two evictions. */
async function withGaps() {
  const files = modelFiles();
  const { journal } = await testJournal(files, { segmentBytes: 20_000, maxBytes: 200_000 });
  const fast = await journal.position('fast', evict);
  await journal.position('slow', evict);
  const copies: Buffer[] = [];
  let bodies = 0;
  while (copies.length < 2) {
    await appendText(journal, 'x'.repeat(1000));
    await fast.save(at(journal.extent().nextSequence));
    const found = journal.retentionGaps().reduce((sum, gap) => sum + gap.bodies, 0);
    if (found > bodies) copies.push(files.content(gapsPath));
    bodies = found;
  }
  return { journal, files, bodies, older: copies[0] ?? Buffer.alloc(0) };
}

it.each(['removed', 'emptied', 'older'])('L13: retention gaps whose file was %s are an incident', async (how) => {
  const { journal, files, bodies, older } = await withGaps();
  await journal.close();
  expect((await reopened(files.copy())).incidents).toEqual([]);
  if (how === 'removed') await files.remove(gapsPath);
  else files.put(gapsPath, how === 'emptied' ? Buffer.alloc(0) : older);
  const { incidents } = await reopened(files);
  expect(incidents).toMatchObject([{ kind: 'journal', reason: expect.stringContaining('journal/gaps') }]);
  expect(incidents[0]?.lost).toBeGreaterThan(0);
  expect(incidents[0]?.lost).toBeLessThanOrEqual(bodies);
});

it('acknowledged retention gaps are no incident, also after a kill', async () => {
  const { journal, files } = await withGaps();
  await journal.acknowledgeGaps('slow', 1e9);
  for (const one of [files.copy(), files.kill()]) expect((await reopened(one)).incidents).toEqual([]);
});

it('a retention gap has the time of its requests', async () => {
  const { journal } = await withGaps();
  expect(journal.retentionGaps()).toMatchObject([
    { destination: 'slow', receivedFromMs: 1_700_000_000_000, receivedToMs: 0 },
  ]);
});

it('L13: what the state file knows of a removed journal and removed positions', async () => {
  const files = modelFiles();
  const known = { destinations: ['archive'], nextSequence: 42, deadLettered: async () => 7 };
  const { journal, incidents } = await reopened(files, known);
  expect(incidents.map(({ kind }) => kind)).toEqual(['journal', 'position']);
  const counters = { normalized: 7, deadLettered: 7, delivered: 0 };
  expect(journal.positions().get('archive')).toMatchObject({ sequence: 42, counters });
  await appendText(journal, 'new');
  expect(journal.extent()).toMatchObject({ firstSequence: 42, nextSequence: 43 });
  expect(textsOf(await readAll(journal, 42))).toEqual(['new']);
  expect((await journal.position('archive', { startAt: 'now', whenFull: 'evict' })).position.sequence).toBe(42);
});

it('L13: nothing is removed for a destination whose position is missing', async () => {
  const files = modelFiles();
  const { journal } = await testJournal(files, { segmentBytes: 20_000 });
  const fast = await journal.position('fast', evict);
  await journal.position('slow', evict);
  for (let n = 0; n < 60; n += 1) await appendText(journal, 'x'.repeat(1000));
  await fast.save(at(61));
  await journal.close();
  await files.remove('/data/positions/slow.position');
  const incidents: JournalIncident[] = [];
  const { journal: again } = await testJournal(files, {
    segmentBytes: 20_000,
    retainForMs: 0,
    now: () => 1e12,
    known: { destinations: ['fast', 'slow'], nextSequence: 61, deadLettered: async () => 0 },
    onIncident: async (incident) => void incidents.push(incident),
  });
  await again.maintain();
  expect(incidents).toMatchObject([{ kind: 'position', reason: expect.stringContaining('slow is missing') }]);
  expect((await again.position('slow', { startAt: 'now', whenFull: 'evict' })).position.sequence).toBe(1);
  expect(again.extent().firstSequence).toBe(1);
});
