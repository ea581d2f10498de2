import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Position } from '@xiq-siem/core';
import { type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendText, at, bodiesOf, readAll, spansOf, testJournal } from './fixtures/test-journal.ts';
import type { Journal, JournalOptions } from './journal.ts';
import { parseReceipt } from './receipt.ts';

type Action =
  | { readonly do: 'append'; readonly sizes: readonly number[]; readonly wait: boolean }
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'settle'; readonly share: number; readonly behind: number }
  | {
      readonly do: 'fail';
      readonly operation: 'write' | 'datasync' | 'open' | 'syncDirectory';
      readonly kind: 'ENOSPC' | 'EIO' | 'short';
    }
  | { readonly do: 'maintain' | 'reopen' }
  | { readonly do: 'kill' }
  | { readonly do: 'crash'; readonly seed: number };

const share = fc.double({ min: 0, max: 1, noNaN: true });

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      sizes: fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 6 }),
      wait: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('settle' as const), share, behind: share }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      operation: fc.constantFrom('write', 'datasync', 'open', 'syncDirectory'),
      kind: fc.constantFrom('ENOSPC', 'EIO', 'short'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('maintain' as const, 'reopen' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), seed: fc.integer() }) },
);

/** Some unsynced sectors survive. */
function chance(seed: number): () => boolean {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return ((state >>> 12) & 1) === 1;
  };
}

function sequenceOf(receipt: string): number {
  return parseReceipt(receipt)?.sequence ?? Number.NaN;
}

/** Runs the actions and checks the invariants after each start. Throws if one is violated. */
async function run(actions: readonly Action[], ignoreSyncs: boolean): Promise<void> {
  let nowMs = 0;
  const now = (): number => nowMs;
  const options: Partial<JournalOptions> = { now, segmentBytes: 20_000, retainForMs: 3000 };
  let files: ModelFiles = modelFiles({ now, ignoreSyncs, delay: setImmediate });
  let number = 0;
  const tried = new Set<string>();
  const acknowledged = new Map<string, string>();
  let waiting: Promise<void>[] = [];
  /** The last resolved save, the saves after it, and the highest position of any. */
  let saves: Position[] = [at(1)];
  let claimed = 1;

  async function open(): Promise<{ journal: Journal; position: Awaited<ReturnType<Journal['position']>> }> {
    const { journal } = await testJournal(files, options);
    return { journal, position: await journal.position('archive', { startAt: 'earliest', whenFull: 'evict' }) };
  }

  async function check(journal: Journal): Promise<void> {
    const entries = await readAll(journal, journal.extent().firstSequence);
    const byReceipt = new Map(bodiesOf(entries).map((body) => [body.receipt, body]));
    for (const [receipt, text] of acknowledged) {
      const body = byReceipt.get(receipt);
      if (body === undefined) {
        // Only settled bodies may be removed.
        if (sequenceOf(receipt) >= claimed) throw new Error(`acknowledged and lost: ${receipt}`);
        acknowledged.delete(receipt);
      } else if (Buffer.from(body.bytes).toString() !== text) {
        throw new Error(`another body under ${receipt}`);
      }
    }
    for (const { receipt, bytes } of bodiesOf(entries)) {
      const text = Buffer.from(bytes).toString();
      if (!tried.has(text)) throw new Error('a body that nobody sent');
      // A body that a reader returned once stays, even if it was not acknowledged.
      acknowledged.set(receipt, text);
    }
    // A group that the crash tore may be reported as lost; an acknowledged one must not.
    for (const { fromSequence, toSequence, where } of [...spansOf(entries), ...journal.lostSpans()]) {
      const known = [...acknowledged.keys()].map(sequenceOf);
      const hit = known.find((sequence) => fromSequence <= sequence && sequence <= toSequence);
      if (hit !== undefined) throw new Error(`${hit} is there, and reported lost: ${where}`);
    }
  }

  let opened = await open();
  for (const one of [...actions, { do: 'crash', seed: 7 } as const]) {
    nowMs += 1000;
    const { journal, position } = opened;
    switch (one.do) {
      case 'append':
        for (const size of one.sizes) {
          number += 1;
          const text = `${number}:${'x'.repeat(size)}`;
          tried.add(text);
          const kept = appendText(journal, text).then(
            (receipt) => void acknowledged.set(receipt, text),
            () => undefined,
          );
          waiting.push(kept);
        }
        if (one.wait) await Promise.all(waiting);
        break;
      case 'turns':
        for (let turn = 0; turn < one.count; turn += 1) await setImmediate();
        break;
      case 'settle': {
        const { nextSequence } = journal.extent();
        const sequence = Math.max(position.position.sequence, Math.floor(nextSequence * one.share), 1);
        const toSequence = Math.floor((nextSequence - 1) * one.behind);
        const run = { sequence: sequence + 1, toSequence, elements: 'all' } as const;
        const asked = { ...at(sequence), settled: toSequence > run.sequence ? [run] : [] };
        claimed = Math.max(claimed, sequence, toSequence + 1);
        saves.push(asked);
        await position.save(asked).then(
          () => {
            saves = [asked];
          },
          () => undefined,
        );
        break;
      }
      case 'fail':
        files.fail(one.operation, one.kind === 'short' ? { short: 5 } : one.kind);
        break;
      case 'maintain':
        await journal.maintain();
        break;
      case 'reopen':
        await journal.close();
        files.clearFailures();
        await Promise.all(waiting);
        waiting = [];
        opened = await open();
        await check(opened.journal);
        break;
      case 'kill':
      case 'crash':
        files = one.do === 'kill' ? files.kill() : files.crash(chance(one.seed));
        await Promise.all(waiting);
        waiting = [];
        opened = await open();
        await check(opened.journal);
        if (!saves.some((one) => isDeepStrictEqual(one, opened.position.position)))
          throw new Error('a position that went back, or that nobody saved');
    }
  }
}

const actions = fc.array(action, { minLength: 3, maxLength: 25 });

describe('a journal under crashes, disk errors, new segments and removals', () => {
  // Several tests, so that each is far from its time limit on a busy machine.
  it.each([1, 2, 3, 4])('loses no acknowledged body and reads no wrong body (part %i)', async () => {
    await fc.assert(
      fc.asyncProperty(actions, (list) => run(list, false)),
      { numRuns: 200 },
    );
  });

  it('loses bodies without syncs, which proves that the test above detects losses', async () => {
    const list: Action[] = Array.from({ length: 5 }, () => ({ do: 'append', sizes: [300, 3000], wait: true }));
    for (let seed = 1; seed <= 20; seed += 1) {
      const all: Action[] = [...list, { do: 'crash', seed }];
      await run(all, false);
      await expect(run(all, true)).rejects.toThrow('acknowledged and lost');
    }
  });
});
