// The fixture of the log conformance rules: a log, sample bodies, and the entries of a reader.
import assert from 'node:assert/strict';
import type { BodyLog, BodyMetadata, JournalEntry, LostSpan, PositionOptions, StoredBody } from '@xiq-siem/core';
import { inTime, noSignal } from './destination-fixture.ts';
import type { LogHarness, LogUnderTest } from './log-harness.ts';

export interface LogFixture {
  readonly harness: LogHarness;
  /** Opens the log: at first, after a kill, or after it was closed. It is closed when the rule ends. */
  open(): Promise<BodyLog>;
  kill(): Promise<void>;
}

export interface LogRule {
  /** The rule as a sentence. */
  readonly name: string;
  /** Capabilities of the harness that the rule needs. */
  readonly needs: readonly (keyof Pick<LogHarness, 'capacityBytes' | 'damage'>)[];
  /** Throws if the log breaks the rule. */
  readonly run: (fixture: LogFixture) => Promise<void>;
}

/** Runs a rule with new storage, and cleans up. */
export async function withLogFixture(
  { start }: LogUnderTest,
  rule: (fixture: LogFixture) => Promise<unknown>,
): Promise<void> {
  const harness = await start();
  let last: BodyLog | undefined;
  try {
    await rule({
      harness,
      async open() {
        last = await inTime(harness.open(), 'open()');
        return last;
      },
      async kill() {
        last = undefined;
        await inTime(harness.kill(), 'kill()');
      },
    });
  } finally {
    await inTime(last?.close() ?? Promise.resolve(), 'close()').catch(() => {});
    await harness.stop();
  }
}

export const everything = { maxBodies: 10_000, maxBytes: 2 ** 30 };
export const earliest: PositionOptions = { startAt: 'earliest', whenFull: 'evict' };
export const sampleMetadata: BodyMetadata = { source: 'xiq', origin: 'webhook', receivedAtMs: 1_700_000_000_000 };

/** Appends texts one after another, and returns their receipts. */
export async function appendTexts(log: BodyLog, texts: readonly string[]): Promise<readonly string[]> {
  const receipts: string[] = [];
  for (const text of texts) receipts.push(await appendText(log, text));
  return receipts;
}

export function appendText(log: BodyLog, text: string, metadata = sampleMetadata): Promise<string> {
  return inTime(log.append(metadata, Buffer.from(text)), 'append()');
}

/** All entries from one sequence to another, both inclusive. */
export async function entriesOf(log: BodyLog, from: number, to: number): Promise<readonly JournalEntry[]> {
  const reader = log.reader(from, to);
  const entries: JournalEntry[] = [];
  for (;;) {
    const more = await inTime(reader.read(everything, noSignal), 'read()');
    if (more.length === 0) break;
    entries.push(...more);
  }
  await reader.close();
  return entries;
}

/** All entries. */
export function allOf(log: BodyLog): Promise<readonly JournalEntry[]> {
  const { firstSequence, nextSequence } = log.extent();
  return entriesOf(log, firstSequence, nextSequence - 1);
}

export const bodiesOf = (entries: readonly JournalEntry[]): readonly StoredBody[] =>
  entries.flatMap((entry) => (entry.kind === 'body' ? [entry.body] : []));

export const spansOf = (entries: readonly JournalEntry[]): readonly LostSpan[] =>
  entries.flatMap((entry) => (entry.kind === 'lost' ? [entry.span] : []));

export const textOf = ({ bytes }: Pick<StoredBody, 'bytes'>): string => Buffer.from(bytes).toString();

/** The texts of all bodies, sorted. */
export async function textsIn(log: BodyLog): Promise<readonly string[]> {
  return bodiesOf(await allOf(log))
    .map(textOf)
    .sort();
}

export function isWithin(
  { fromSequence, toSequence }: Pick<LostSpan, 'fromSequence' | 'toSequence'>,
  at: number,
): boolean {
  return at >= fromSequence && at <= toSequence;
}

/** Checks the number of lost bodies, unless a span does not know its number. */
export function assertCount(spans: readonly LostSpan[], bodies: number): void {
  if (spans.some((span) => span.bodies === undefined)) return;
  assert.equal(
    spans.reduce((sum, span) => sum + (span.bodies ?? 0), 0),
    bodies,
    'number of lost bodies',
  );
}

/** A text of about one twentieth of the capacity. */
export function textOfSize(capacityBytes: LogHarness['capacityBytes'], n: number): string {
  const bytes = 'bytes' in capacityBytes ? capacityBytes.bytes : 0;
  return `${n} ${'x'.repeat(bytes / 20)}`;
}
