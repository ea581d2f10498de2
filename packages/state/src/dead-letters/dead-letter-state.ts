// What the log comes to, record by record: the same at opening, from what was read, and after, from what was written.

import type { DeadLetterCounts } from './dead-letters.ts';
import { type EntryIndex, entryIndex } from './entry-index.ts';
import type { DeadLetterRecord, Totals } from './records.ts';
import { type ResolutionHistory, resolutionHistory } from './resolution-history.ts';

export interface DeadLetterState {
  readonly index: EntryIndex;
  readonly history: ResolutionHistory;
  counts(): ReadonlyMap<string, DeadLetterCounts>;
  totals(): Readonly<Record<string, Totals>>;
  /** Records of the log in their order; `at` is the record's sequence, `bytes` its payload's. */
  apply(record: DeadLetterRecord, at: number, bytes: number): void;
}

/** What a record takes on disk beside its payload, about. */
export const recordOverheadBytes = 160;

const nothing: Totals = { delivered: 0, dropped: 0, fromRuns: 0 };

export function deadLetterState(): DeadLetterState {
  const index = entryIndex();
  const history = resolutionHistory();
  let counted = new Map<string, Totals>();

  function count(destination: string, what: keyof Totals, more: number): void {
    const before = counted.get(destination) ?? nothing;
    counted.set(destination, { ...before, [what]: Math.max(0, before[what] + more) });
  }

  return {
    index,
    history,
    counts() {
      const open = index.open();
      const names = new Set([...open.keys(), ...counted.keys()]);
      return new Map(
        Array.from(names, (name) => [name, { open: open.get(name) ?? 0, ...(counted.get(name) ?? nothing) }]),
      );
    },
    totals: () => Object.fromEntries(counted),
    apply(record, at, bytes) {
      if (record.kind === 'entry') {
        const { number, replaces, from = 'stream', letter } = record;
        const before = index.put(number ?? at, at, bytes + recordOverheadBytes, letter, from);
        if (replaces !== undefined) index.remove(replaces);
        const isNew = before === undefined && number === undefined && replaces === undefined;
        if (from === 'run' && isNew) count(letter.destination, 'fromRuns', 1);
        if (from === 'stream' && before === 'run') count(letter.destination, 'fromRuns', -1);
      } else if (record.kind === 'totals') {
        counted = new Map(Object.entries(record.totals));
      } else {
        history.add(record, at, bytes + recordOverheadBytes);
        if (record.copyOf !== undefined) return;
        for (const [number] of record.entries) {
          const destination = index.remove(number);
          if (destination !== undefined) count(destination, record.how, 1);
        }
      }
    },
  };
}
