import { setImmediate } from 'node:timers/promises';
import { type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendText, at, bodiesOf, readAll, spansOf, testJournal } from './fixtures/test-journal.ts';
import type { Journal, JournalOptions } from './journal.ts';

type Action =
  | { readonly do: 'append'; readonly sizes: readonly number[]; readonly wait: boolean }
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'settle'; readonly share: number }
  | {
      readonly do: 'fail';
      readonly operation: 'write' | 'datasync' | 'open' | 'syncDirectory';
      readonly kind: 'ENOSPC' | 'EIO' | 'short';
    }
  | { readonly do: 'maintain' | 'reopen' }
  | { readonly do: 'crash'; readonly seed: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      sizes: fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 6 }),
      wait: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('settle' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
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
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), seed: fc.integer() }) },
);

/** Some sectors of what was not synced survive, others do not. */
function chance(seed: number): () => boolean {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return ((state >>> 12) & 1) === 1;
  };
}

/** Runs the actions and checks after each opening what must hold. Throws where it does not. */
async function run(actions: readonly Action[], ignoreSyncs: boolean): Promise<void> {
  let nowMs = 0;
  const now = (): number => nowMs;
  const options: Partial<JournalOptions> = { now, segmentBytes: 20_000, retainForMs: 3000 };
  let files: ModelFiles = modelFiles({ now, ignoreSyncs });
  let number = 0;
  const tried = new Set<string>();
  const acknowledged = new Map<string, string>();
  let waiting: Promise<void>[] = [];
  /** What a resolved save said, and the furthest that any save asked for. */
  let saved = 1;
  let asked = 1;

  async function open(): Promise<{ journal: Journal; position: Awaited<ReturnType<Journal['position']>> }> {
    const { journal } = await testJournal(files, options);
    return { journal, position: await journal.position('archive', { startAt: 'earliest', whenFull: 'letGo' }) };
  }

  async function check(journal: Journal): Promise<void> {
    const entries = await readAll(journal, journal.extent().firstSequence);
    const byReceipt = new Map(bodiesOf(entries).map((body) => [body.receipt, body]));
    for (const [receipt, text] of acknowledged) {
      const body = byReceipt.get(receipt);
      if (body === undefined) {
        // Only what was settled may have gone.
        const sequence = Number(Buffer.from(receipt.slice(3), 'base64url').readBigUInt64BE(8));
        if (sequence >= asked) throw new Error(`acknowledged and lost: ${receipt}`);
        acknowledged.delete(receipt);
      } else if (Buffer.from(body.bytes).toString() !== text) {
        throw new Error(`another body under ${receipt}`);
      }
    }
    for (const { bytes } of bodiesOf(entries)) {
      if (!tried.has(Buffer.from(bytes).toString())) throw new Error('a body that nobody sent');
    }
    const spans = [...spansOf(entries), ...journal.lostSpans()];
    if (spans.length > 0) throw new Error(`a crash alone looks like a loss: ${JSON.stringify(spans)}`);
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
        asked = Math.max(asked, sequence);
        await position.save(at(sequence)).then(
          () => {
            saved = sequence;
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
        files.heal();
        await Promise.all(waiting);
        waiting = [];
        opened = await open();
        await check(opened.journal);
        break;
      case 'crash':
        files = files.crash(chance(one.seed));
        await Promise.all(waiting);
        waiting = [];
        opened = await open();
        if (opened.position.position.sequence < saved) throw new Error('a saved position went back');
        if (opened.position.position.sequence > asked) throw new Error('a position that nobody saved');
        await check(opened.journal);
    }
  }
}

const actions = fc.array(action, { minLength: 3, maxLength: 25 });

describe('whatever is crashed, failed, rolled and removed in between', () => {
  it('loses nothing that was acknowledged, and reads no wrong body', async () => {
    await fc.assert(
      fc.asyncProperty(actions, (list) => run(list, false)),
      { numRuns: 800 },
    );
  });

  it('loses with the sync taken out: the test above would see it', async () => {
    const result = await fc.check(
      fc.asyncProperty(actions, (list) => run(list, true)),
      { numRuns: 50, endOnFailure: true },
    );
    expect(result.failed).toBe(true);
    expect(String(result.errorInstance)).toMatch(/acknowledged and lost|went back/);
  });
});
