// The reader of the model log. It returns damaged and removed bodies as lost spans.
import {
  type BodyMetadata,
  type BodyReader,
  ConnectorError,
  type JournalEntry,
  type LostSpan,
  type ReadLimits,
} from '@xiq-siem/core';

export interface ModelBody {
  readonly sequence: number;
  readonly receipt: string;
  readonly metadata: BodyMetadata;
  readonly bytes: Uint8Array;
  state: 'stored' | 'damaged' | 'removed';
}

interface ReaderParts {
  /** In the order of their sequences. The array grows. */
  readonly bodies: readonly ModelBody[];
  readonly nextSequence: () => number;
  /** Called when `bodies` grows, and when the log is closed. */
  readonly wakeups: Set<() => void>;
  readonly isClosed: () => boolean;
  /** Called with each damaged span. */
  readonly onDamage: (span: LostSpan) => void;
}

export function modelReader({ bodies, nextSequence, wakeups, isClosed, onDamage }: ReaderParts) {
  return (fromSequence: number, toSequence = Number.POSITIVE_INFINITY): BodyReader => {
    let index = bodies.findIndex(({ sequence }) => sequence >= fromSequence);
    if (index < 0) index = bodies.length;
    const isIn = (body: ModelBody | undefined): body is ModelBody =>
      body !== undefined && body.sequence >= fromSequence && body.sequence <= toSequence;

    function nextEntry(): JournalEntry | undefined {
      while ((bodies[index]?.sequence ?? fromSequence) < fromSequence) index += 1;
      const first = bodies[index];
      if (!isIn(first)) return undefined;
      const { state, ...body } = first;
      if (state === 'stored') {
        index += 1;
        return { kind: 'body', body };
      }
      const from = index;
      while (isIn(bodies[index]) && bodies[index]?.state === state) index += 1;
      const lost = bodies.slice(from, index);
      const span: LostSpan = {
        fromSequence: first.sequence,
        toSequence: lost.at(-1)?.sequence ?? first.sequence,
        bodies: lost.length,
        bytes: lost.reduce((sum, { bytes }) => sum + bytes.length, 0),
        reason: state === 'damaged' ? 'damaged' : 'evicted',
        where: 'in the model',
      };
      if (state === 'damaged') onDamage(span);
      return { kind: 'lost', span };
    }

    async function readEntries(
      { maxBodies, maxBytes }: ReadLimits,
      signal: AbortSignal,
    ): Promise<readonly JournalEntry[]> {
      for (;;) {
        if (isClosed()) throw new ConnectorError('journal_closed', 'the model is closed');
        if (signal.aborted) return [];
        const entries: JournalEntry[] = [];
        let bytes = 0;
        while (entries.length < maxBodies) {
          const size = bodies[index]?.bytes.length ?? 0;
          if (entries.length > 0 && bytes + size > maxBytes) break;
          const entry = nextEntry();
          if (entry === undefined) break;
          bytes += entry.kind === 'body' ? size : 0;
          entries.push(entry);
        }
        if (entries.length > 0 || toSequence < nextSequence()) return entries;
        await waitForWakeup(wakeups, signal);
      }
    }

    return { read: readEntries, close: async () => {} };
  };
}

async function waitForWakeup(wakeups: Set<() => void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  wakeups.add(resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  wakeups.delete(resolve);
}
