// Random reports: each event is settled exactly once, and the copies at the server are counted and bounded.
import type { Batch } from '@xiq-siem/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bodies,
  deliverAll,
  destination,
  each,
  fixture,
  memoryJournal,
  type Script,
  scripted,
} from './test-delivery.ts';

const hours = 3_600_000;
const perItem = fc.constantFrom('delivered', 'unknown', 'retry', 'rejected', 'blocked');
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delivered' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('unknown', 'retry', 'rejected', 'blocked') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('mixed' as const), items: fc.array(perItem, { minLength: 1 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('unavailable', 'misconfigured', 'tooLarge') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('timedOut', 'exception', 'stuck') }) },
);
type Step = { readonly kind: string; readonly items?: readonly string[] };

/** A server that may keep an event whose result is unknown. Its behavior follows the steps, then it takes everything. */
function modelServer(
  steps: readonly Step[],
  keeps: readonly boolean[],
  reports: (kind: string) => boolean = () => true,
) {
  const copies = new Map<string, number>();
  const unknown = new Map<string, number>();
  let asked = 0;
  const keep = (id: string) => copies.set(id, (copies.get(id) ?? 0) + 1);
  const leaveOpen = (id: string) => {
    unknown.set(id, (unknown.get(id) ?? 0) + 1);
    if (keeps[asked++ % keeps.length]) keep(id);
  };
  const perEvent = (batch: Batch, kindOf: (index: number) => string) =>
    each(batch, (id, index) => {
      const kind = kindOf(index);
      if (kind === 'delivered') keep(id);
      if (kind === 'unknown') leaveOpen(id);
      if (kind === 'delivered') return { verdict: 'delivered' };
      return { verdict: kind === 'retry' || kind === 'rejected' || kind === 'blocked' ? kind : 'unknown', code: 'bad' };
    });
  const script: Script = async (batch, call, signal) => {
    const { kind, items = [] } = steps[call - 1] ?? { kind: 'delivered' };
    if (!reports(kind)) return deliverAll(batch, call, signal);
    if (kind === 'unavailable' || kind === 'misconfigured' || kind === 'tooLarge') return { batch: kind, code: 'down' };
    if (kind === 'exception' || kind === 'timedOut' || kind === 'stuck') {
      for (const { id } of batch.items) leaveOpen(id);
      if (kind === 'exception') throw new Error('a bug');
      if (kind === 'stuck') return new Promise(() => {});
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return each(batch, () => ({ verdict: 'unknown', code: 'busy' }));
    }
    return perEvent(batch, (index) => (kind === 'mixed' ? (items[index % items.length] ?? kind) : kind));
  };
  return { script, copies, unknown };
}

const sumOf = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);

test('after any reports each event is delivered or a dead letter, once, and each possible copy is counted', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }),
      fc.boolean(),
      async (steps, keeps, proven) => {
        const server = modelServer(steps, keeps);
        const plugin = scripted(server.script);
        const spec = destination('a', plugin, { batch: { maxEvents: 8 } }, { settings: { proven, onProven() {} } });
        const run = fixture(memoryJournal(...bodies(12, 10)), [spec]);
        const { clock, deadLetters, meter, statusOf } = run;
        const all = () => statusOf('a').counters.delivered + statusOf('a').counters.deadLettered === 120;
        await clock.runUntil(all, 1000 * hours);
        const settled = [...plugin.taken, ...deadLetters.entries.map(({ id }) => id)];
        expect(settled).toHaveLength(120);
        expect(new Set(settled).size).toBe(120);
        const { possibleDuplicates, counters, taken, settledSinceStart, inProgress } = statusOf('a');
        expect(counters).toMatchObject({ normalized: 120, deadLettered: deadLetters.entries.length });
        expect([taken, settledSinceStart, inProgress]).toEqual([120, 120, 0]);
        expect(possibleDuplicates).toBe(sumOf(server.unknown));
        expect(meter.total('xiq_siem.destination.events', { outcome: 'possible_duplicate' })).toBe(possibleDuplicates);
        expect(sumOf(server.copies) - server.copies.size).toBeLessThanOrEqual(possibleDuplicates);
        const stopping = run.delivery.stop(0);
        await clock.advance(20_000);
        await stopping;
      },
    ),
    { numRuns: 60 },
  );
});

test('whatever a destination does instead of taking events, a day leaves few copies and no dead letter', {
  timeout: 120_000,
}, async () => {
  const failing = fc.constantFrom('unknown', 'unknown', 'unknown', 'exception', 'unavailable', 'retry', 'timedOut');
  await fc.assert(
    fc.asyncProperty(fc.array(failing, { minLength: 1, maxLength: 8 }), async (kinds) => {
      const steps = Array.from({ length: 20_000 }, (_, index) => ({ kind: kinds[index % kinds.length] ?? 'unknown' }));
      const server = modelServer(steps, [true]);
      const spec = destination('a', scripted(server.script), { batch: { maxEvents: 100 } });
      const { clock, deadLetters, statusOf } = fixture(memoryJournal(...bodies(100, 10)), [spec]);
      await clock.advance(24 * hours);
      // The batches in flight, the first probe, and one event a minute: an hour after unreadable answers, but no sooner
      // than the time limit and the retry delay allow if the destination does not answer, or says that it is busy.
      const onlyAnswers = kinds.every((kind) => kind !== 'timedOut' && kind !== 'retry');
      expect(statusOf('a').possibleDuplicates).toBeLessThanOrEqual(4 * 100 + 8 + (onlyAnswers ? 3 + 6 + 24 : 24 * 120));
      expect(deadLetters.entries).toEqual([]);
      expect(statusOf('a').open).toBe(statusOf('a').taken);
    }),
    { numRuns: 25 },
  );
});
