// The conformance rules of a log that has lost bodies by damage or eviction.
import assert from 'node:assert/strict';
import type { BodyLog, StoredBody } from '@xiq-siem/core';
import { inTime, manyNames, requireCapability } from './destination-fixture.ts';
import {
  allOf,
  appendText,
  appendTexts,
  assertCount,
  bodiesOf,
  earliest,
  entriesOf,
  isWithin,
  type LogFixture,
  type LogRule,
  spansOf,
  textOf,
  textOfSize,
} from './log-fixture.ts';

/** Opens a log with these texts after some of them were damaged. */
async function damaged(
  { open, harness }: LogFixture,
  texts: readonly string[],
  isDamaged: (index: number) => boolean,
): Promise<{ readonly log: BodyLog; readonly bodies: readonly StoredBody[]; readonly receipts: readonly string[] }> {
  const before = await open();
  const receipts = await appendTexts(before, texts);
  const bodies = bodiesOf(await allOf(before));
  await inTime(before.close(), 'close()');
  await requireCapability(harness.damage).inject(bodies.filter((_, index) => isDamaged(index)));
  return { log: await open(), bodies, receipts };
}

export const lossRules: readonly LogRule[] = [
  {
    name: 'damaged bodies, and no others, are reported and counted as lost',
    needs: ['damage'],
    async run(fixture) {
      const texts = manyNames('possibly damaged', 6);
      const isDamaged = (index: number): boolean => [1, 2, 4].includes(index);
      const { log, bodies, receipts } = await damaged(fixture, texts, isDamaged);
      const entries = await allOf(log);
      const [spans, known] = [spansOf(entries), log.lostSpans()];
      assert.deepEqual(
        bodiesOf(entries).map(textOf),
        texts.filter((_, index) => !isDamaged(index)),
      );
      for (const [index, { sequence }] of bodies.entries()) {
        const isLost = spans.some((span) => isWithin(span, sequence));
        assert.equal(isLost, isDamaged(index), `a lost span of ${sequence}`);
        assert.equal(
          known.some((span) => isWithin(span, sequence)),
          isDamaged(index),
          `lostSpans() of ${sequence}`,
        );
        assert.equal(
          (await log.find(receipts[index] ?? '')).kind,
          isDamaged(index) ? 'lost' : 'body',
          `find(): ${sequence}`,
        );
      }
      assertCount(spans, 3);
      assert.equal(log.extent().bodies, 6, 'lost bodies count as bodies');
    },
  },
  {
    name: 'a lost span is cut at the start and the end of a reader',
    needs: ['damage'],
    async run(fixture) {
      const texts = manyNames('in a span', 6);
      const { log, bodies } = await damaged(fixture, texts, (index) => index >= 1 && index <= 4);
      const [first = 0, , third = 0, fourth = 0, , last = 0] = bodies.map(({ sequence }) => sequence);
      for (const [from, to, kept] of [
        [first, third, [texts[0]]],
        [fourth, last, [texts[5]]],
      ] as const) {
        const entries = await entriesOf(log, from, to);
        const spans = spansOf(entries);
        assert.deepEqual(bodiesOf(entries).map(textOf), kept);
        for (const { fromSequence, toSequence } of spans) {
          assert.ok(
            fromSequence >= from && toSequence <= to,
            `${fromSequence} to ${toSequence} is not in ${from} to ${to}`,
          );
        }
        assertCount(spans, 2);
      }
    },
  },
  {
    name: 'evicted bodies that a destination had not settled are its retention gap until that is acknowledged, and lost for readers',
    needs: ['capacityBytes'],
    async run({ open, kill, harness }) {
      const log = await open();
      const fast = await log.position('fast', earliest);
      await log.position('slow', earliest);
      const receipts: string[] = [];
      while (log.retentionGaps().length === 0 && receipts.length < 60) {
        receipts.push(await appendText(log, textOfSize(harness.capacityBytes, receipts.length)));
        await fast.save({ ...fast.position, sequence: log.extent().nextSequence });
      }
      const evicted = receipts.length - bodiesOf(await allOf(log)).length;
      const gaps = log.retentionGaps();
      assert.ok(evicted > 0, 'nothing was evicted from a log that got three times its capacity');
      assert.deepEqual(
        new Set(gaps.map(({ destination }) => destination)),
        new Set(['slow']),
        'destinations with gaps',
      );
      assert.equal(
        gaps.reduce((sum, { bodies }) => sum + bodies, 0),
        evicted,
        'number of bodies in the gaps',
      );
      const { firstSequence, nextSequence, hasRemoved } = log.extent();
      assert.ok(hasRemoved, 'extent() does not report the eviction');
      const spans = spansOf(await entriesOf(log, 1, nextSequence - 1));
      assert.ok(spans.length > 0, 'a reader from the start reports no loss');
      for (const { reason, toSequence } of [...spans, ...log.lostSpans()]) {
        assert.deepEqual([reason, toSequence < firstSequence], ['evicted', true]);
      }
      assertCount(spans, evicted);
      assert.ok(log.lostSpans().length > 0, 'lostSpans() does not report the eviction');
      const found = await log.find(receipts[0] ?? '');
      const isInGap = found.kind === 'removed' && gaps.some((gap) => isWithin(gap, found.sequence));
      assert.ok(isInGap, `an evicted body is found as ${found.kind}`);
      await inTime(log.close(), 'close()');
      const again = await open();
      assert.deepEqual(again.retentionGaps(), gaps, 'after a restart');
      assert.ok(again.extent().hasRemoved, 'extent() after a restart');
      await again.acknowledgeGaps('fast', nextSequence);
      assert.deepEqual(again.retentionGaps(), gaps, 'after the gaps of another destination were acknowledged');
      await again.acknowledgeGaps('slow', nextSequence);
      assert.deepEqual(again.retentionGaps(), []);
      await kill();
      assert.deepEqual((await open()).retentionGaps(), [], 'acknowledged before a kill');
    },
  },
];
