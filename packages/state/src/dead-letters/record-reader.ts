// Reads records of the log by their sequence, going forward rather than seeking for every one.
import type { BodyReader, JournalEntry, KeptBody } from '@xiq-siem/core';

export interface RecordReader {
  /** None where it is lost, let go of, or `signal` has fired. Must be a sequence below the tail. */
  at(sequence: number, signal: AbortSignal): Promise<KeptBody | undefined>;
  close(): Promise<void>;
}

interface Run {
  readonly reader: BodyReader;
  waiting: JournalEntry[];
  /** The sequence that comes next. */
  next: number;
}

const maxRuns = 8;
/** Reading over so many records is cheaper than to begin anew within a segment. */
const maxSkipped = 4096;
const portion = { maxBodies: 64, maxBytes: 1024 * 1024 };

/** Entries that were moved stand in runs of their own, each of them ascending: a few readers meet them all in passing. */
export function recordReader(open: (fromSequence: number) => BodyReader): RecordReader {
  /** The one that was used last stands last. */
  const runs: Run[] = [];

  async function runFor(sequence: number): Promise<Run> {
    const near = runs
      .filter(({ next }) => next <= sequence && sequence - next <= maxSkipped)
      .reduce<Run | undefined>((best, run) => (best === undefined || run.next > best.next ? run : best), undefined);
    if (near !== undefined) {
      runs.splice(runs.indexOf(near), 1);
      runs.push(near);
      return near;
    }
    if (runs.length === maxRuns) await runs.shift()?.reader.close();
    const run = { reader: open(sequence), waiting: [], next: sequence };
    runs.push(run);
    return run;
  }

  return {
    async at(sequence, signal) {
      const run = await runFor(sequence);
      while (run.next <= sequence) {
        if (run.waiting.length === 0) {
          // Reversed, so that taking one does not move the others.
          run.waiting = [...(await run.reader.read(portion, signal))].reverse();
          if (run.waiting.length === 0) return undefined;
        }
        const entry = run.waiting.pop();
        if (entry?.kind === 'lost') run.next = entry.span.toSequence + 1;
        if (entry?.kind !== 'body') continue;
        run.next = entry.body.sequence + 1;
        if (entry.body.sequence === sequence) return entry.body;
      }
      return undefined;
    },
    async close() {
      for (const { reader } of runs.splice(0)) await reader.close();
    },
  };
}
