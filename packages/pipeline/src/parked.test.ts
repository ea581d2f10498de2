// L14: an event that a destination never takes does not stop reception.
import type { Batch } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { audit, openPipelineFixture, type PipelineFixture, type Siem, until } from './test-pipeline.ts';

const destination = { one: { type: 'memory', batch: { maxAgeMs: 0 }, retry: { initialMs: 1, maxMs: 20 } } };
const journal = { maxBytes: 400_000, segmentBytes: 20_000 };
const padding = 'x'.repeat(2_000);

/** One event gets the verdict; the server takes the others. */
const stuckAt =
  (verdict: 'retry' | 'blocked', id: number) =>
  ({ items }: Batch): ReturnType<NonNullable<Siem['response']>> => ({
    items: items.map(({ index, json }) =>
      json.includes(`number ${id} `)
        ? ({ index, verdict, code: 'bad', message: 'too many requests' } as const)
        : ({ index, verdict: 'delivered' } as const),
    ),
    ...(verdict === 'retry' && { slowDown: true }),
  });

const statusOf = (fixture: PipelineFixture) => fixture.pipeline.delivery.status()[0];
const isDelivered = (fixture: PipelineFixture, id: number): boolean =>
  fixture.siem('one').received.some((json) => json.includes(`number ${id} `));

/** The counters of the position and the entries of the queue agree. */
async function expectReconciled(fixture: PipelineFixture): Promise<void> {
  const { counters, open = 0 } = statusOf(fixture) ?? {};
  const { normalized = 0, delivered = 0, deadLettered = 0, filtered = 0, damaged = 0 } = counters ?? {};
  expect(normalized).toBe(delivered + deadLettered + filtered + damaged + open);
  const stored = (await fixture.deadLetters.counts()).get('one');
  expect((stored?.open ?? 0) + (stored?.parked ?? 0) + (stored?.delivered ?? 0)).toBe(deadLettered);
}

test.each(['retry', 'blocked'] as const)(
  'L14: one event with the verdict %s for ever, a small journal, continuous traffic: no append is refused',
  { timeout: 60_000 },
  async (verdict) => {
    let last = 0;
    /**
     * Appends events, and waits for the delivery of each: the journal is full long before the end, unless bodies go. The
     * position is saved four times a second: a fast machine must not fill the journal in between.
     */
    async function pass(fixture: PipelineFixture, count: number): Promise<void> {
      for (let n = 0; n < count; n++) {
        last += 1;
        const id = last;
        await fixture.keep([audit(id, { description: `number ${id} ${padding}` })]);
        await fixture.journal.maintain();
        if (id > 1) await until(() => isDelivered(fixture, id));
        if (id > 100) await until(() => (fixture.journal.positions().get('one')?.sequence ?? 0) > id - 100);
      }
    }
    const first = await openPipelineFixture(destination, { journal });
    first.siem('one').response = stuckAt(verdict, 1);
    await pass(first, 150);
    await first.stop();
    await using second = await openPipelineFixture(destination, { journal, after: first });
    await pass(second, 150);
    await until(() => statusOf(second)?.open === 0);
    const counts = async () => (await second.deadLetters.counts()).get('one');
    expect(await counts()).toMatchObject({ open: 0, parked: 1 });
    expect(await second.deadLetters.newestParked('one')).toMatchObject({ code: 'bad', message: 'too many requests' });
    // The segment of the parked event is gone, and so are others: 300 bodies need more than the limit.
    expect(second.journal.extent().firstSequence).toBeGreaterThan(1);
    expect(second.journal.retentionGaps()).toEqual([]);
    await expectReconciled(second);

    second.siem('one').response = undefined;
    second.pipeline.delivery.resume('one');
    await until(() => isDelivered(second, 1));
    await expect.poll(counts, { timeout: 10_000 }).toMatchObject({ open: 0, parked: 0, delivered: 1 });
    await until(() => statusOf(second)?.parkedRetryMs === undefined);
    const received = second.siem('one').received.map((json) => /number (\d+) /.exec(json)?.[1]);
    expect(new Set(received).size).toBe(300);
    expect(received).toHaveLength(300);
    await expectReconciled(second);
  },
);
