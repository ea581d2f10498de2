import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelLog } from '@xiq-siem/testkit';
import { describe, expect, it, test } from 'vitest';
import { caughtUp, defaultJournalBytes, forgetDestination } from './stages.ts';
import {
  audit,
  destinations,
  hanging,
  openPipelineFixture,
  type PipelineFixture,
  unavailable,
  until,
  verdictWhere,
} from './test-pipeline.ts';

const stream = ({ pipeline }: PipelineFixture) => pipeline.delivery.status()[0];

/** Number of waits until delivery has caught up, at most 200. */
async function waits({ pipeline, journal }: PipelineFixture): Promise<number> {
  let count = 0;
  await caughtUp(pipeline.delivery, journal, () => {
    count += 1;
    return 200 - count;
  });
  return count;
}

test('a destination has caught up when it has all events except blocked ones', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('blocked', (json) => json.includes('number 1"'));
  for (const id of [1, 2, 3]) await fixture.keep([audit(id)]);
  await until(() => stream(fixture)?.blocked?.events === 1 && stream(fixture)?.open === 1);
  expect(await waits(fixture)).toBe(0);
});

test('caughtUp does not wait for sequences without a body', async () => {
  await using fixture = await openPipelineFixture(destinations('one'), { over: modelLog().open() });
  await fixture.keep([audit(1)]);
  await fixture.settled();
  expect(stream(fixture)?.sequence).toBeLessThan(fixture.journal.extent().nextSequence);
  expect(await waits(fixture)).toBe(0);
});

test('caughtUp waits for a running destination until the time is over, and not for one that is down', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  fixture.siem('one').response = hanging;
  await fixture.keep([audit(1)]);
  await until(() => stream(fixture)?.open === 1);
  expect(await waits(fixture)).toBe(200);
  await using down = await openPipelineFixture(destinations('one'));
  down.siem('one').response = unavailable;
  await down.keep([audit(1)]);
  await until(() => stream(down)?.state === 'backing_off');
  expect(await waits(down)).toBe(0);
});

test('only a destination that is no longer configured is forgotten', async () => {
  await using fixture = await openPipelineFixture(destinations('one', 'two'));
  const { journal, log, pipeline } = fixture;
  const stillConfigured = { code: 'destination_configured', message: 'two is still configured; remove it first' };
  await expect(forgetDestination(fixture, 'two')).rejects.toMatchObject(stillConfigured);
  const message = expect.stringContaining('forgotten: none');
  await expect(forgetDestination(fixture, 'three')).rejects.toMatchObject({ code: 'not_found', message });
  await pipeline.apply(await fixture.configure(destinations('one')));
  await expect(forgetDestination(fixture, 'one')).rejects.toMatchObject({ code: 'destination_configured' });
  await forgetDestination(fixture, 'two');
  expect(await journal.orphanedPositions()).toEqual([]);
  expect(log.of('destination.forgotten')).toMatchObject([{ attributes: { destination: 'two' } }]);
});

describe('L12: the default size of the journal', () => {
  const gib = 1024 ** 3;

  it('is half of the disk that is free without it, and 10 GiB at most', async () => {
    await using fixture = await openPipelineFixture(destinations('one'));
    const { path, paths } = fixture.data;
    const own = 2 * gib;
    const file = join(paths.journal, 'sparse');
    await writeFile(file, '');
    await truncate(file, own);
    const sizes = await Promise.all([6, 100].map((free) => defaultJournalBytes(path, async () => free * gib)));
    expect(sizes[0]).toBeGreaterThanOrEqual((6 * gib + own) / 2);
    expect(sizes[0]).toBeLessThan((6 * gib + own) / 2 + 1e6);
    expect(sizes[1]).toBe(10 * gib);
  });

  it('evicts nothing of a backlog at a restart, however small the disk, and accepts bodies', async () => {
    const first = await openPipelineFixture(destinations('up', 'down'));
    first.siem('down').response = hanging;
    for (let n = 0; n < 400; n += 1) await first.keep([audit(n, { description: 'x'.repeat(8_000) })]);
    const bytes = first.journal.extent().bytes;
    await first.stop();
    const maxBytes = await defaultJournalBytes(first.data.path, async () => 0);
    expect(maxBytes).toBeGreaterThan(bytes);
    await using again = await openPipelineFixture(destinations('up', 'down'), { after: first, journal: { maxBytes } });
    await again.journal.maintain();
    await again.keep([audit(400)]);
    expect(again.journal.retentionGaps()).toEqual([]);
    expect(again.journal.acceptance()).toEqual({ ok: true });
    expect(again.journal.countBodies(1)).toBe(401);
  });
});
