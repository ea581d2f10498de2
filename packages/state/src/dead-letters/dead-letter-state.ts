// What the log amounts to, record by record: the same at opening, from what was read, and after, from what was written.
import { setImmediate } from 'node:timers/promises';
import type { KeptBody, Logger } from '@xiq-siem/core';
import type { Journal } from '@xiq-siem/journal';
import type { DeadLetterCounts } from './dead-letters.ts';
import { entryIndex } from './entry-index.ts';
import { type DeadLetterRecord, decodeRecord, type Totals } from './records.ts';
import { resolutionHistory } from './resolution-history.ts';

/** What both a journal and a snapshot of one are. */
export type ReadableLog = Pick<Journal, 'reader' | 'extent'>;

export type DeadLetterState = ReturnType<typeof deadLetterState>;

/** What a record takes on disk beside its payload, about. */
export const recordOverheadBytes = 160;

const nothing: Totals = { delivered: 0, dropped: 0, fromRuns: 0 };
const portion = { maxBodies: 256, maxBytes: 1024 * 1024 };
const never = new AbortController().signal;

function deadLetterState() {
  const index = entryIndex();
  const history = resolutionHistory();
  let counted = new Map<string, Totals>();
  let unreadable = 0;

  function count(destination: string, what: keyof Totals, more: number): void {
    const before = counted.get(destination) ?? nothing;
    counted.set(destination, { ...before, [what]: Math.max(0, before[what] + more) });
  }

  return {
    index,
    history,
    counts(): ReadonlyMap<string, DeadLetterCounts> {
      const open = index.open();
      const names = new Set([...open.keys(), ...counted.keys()]);
      return new Map(
        Array.from(names, (name) => [name, { open: open.get(name) ?? 0, ...(counted.get(name) ?? nothing) }]),
      );
    },
    totals: () => Object.fromEntries(counted),
    unreadable: () => unreadable,
    /** Records of the log in their order; `at` is the record's sequence, `bytes` its payload's. */
    apply(record: DeadLetterRecord | undefined, at: number, bytes: number): void {
      if (record === undefined) {
        unreadable += 1;
      } else if (record.kind === 'entry') {
        const { number, replaces, from = 'stream', deadLetter } = record;
        const before = index.put(number ?? at, at, bytes + recordOverheadBytes, deadLetter, from);
        if (replaces !== undefined) index.remove(replaces);
        const isNew = before === undefined && number === undefined && replaces === undefined;
        if (from === 'run' && isNew) count(deadLetter.destination, 'fromRuns', 1);
        if (from === 'stream' && before === 'run') count(deadLetter.destination, 'fromRuns', -1);
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

/** The records that the log holds at the first call, portion by portion; ends early once `signal` fires. */
export async function* logPortions(log: ReadableLog, signal: AbortSignal): AsyncGenerator<readonly KeptBody[]> {
  const { firstSequence, nextSequence } = log.extent();
  const reader = log.reader(firstSequence, nextSequence - 1);
  try {
    for (;;) {
      const entries = await reader.read(portion, signal);
      if (entries.length === 0) return;
      yield entries.flatMap((entry) => (entry.kind === 'body' ? [entry.body] : []));
    }
  } finally {
    await reader.close();
  }
}

/** Reads the whole log once, yielding to other work between portions. */
export async function readState(source: ReadableLog, log: Logger): Promise<DeadLetterState> {
  const state = deadLetterState();
  for await (const bodies of logPortions(source, never)) {
    for (const { sequence, bytes } of bodies) state.apply(decodeRecord(bytes), sequence, bytes.length);
    await setImmediate();
  }
  if (state.unreadable() > 0) log.warn('dead_letters.unreadable', { records: state.unreadable() });
  return state;
}
