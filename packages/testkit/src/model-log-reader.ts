// Reads the model log: bodies in order, and what is damaged or evicted as lost spans.
import { type BodyMetadata, type BodyReader, ConnectorError, type JournalEntry, type LostSpan } from '@xiq-siem/core';

export interface ModelBody {
  readonly sequence: number;
  readonly receipt: string;
  readonly metadata: BodyMetadata;
  readonly bytes: Uint8Array;
  state: 'kept' | 'damaged' | 'evicted';
}

interface ReaderParts {
  /** In the order of their sequences; grows. */
  readonly bodies: readonly ModelBody[];
  readonly nextSequence: () => number;
  /** Called when `bodies` has grown, and when the log is closed. */
  readonly wakeups: Set<() => void>;
  readonly isClosed: () => boolean;
  /** Told of each damaged span that is given. */
  readonly found: (span: LostSpan) => void;
}

export function modelReader({ bodies, nextSequence, wakeups, isClosed, found }: ReaderParts) {
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
      if (state === 'kept') {
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
      if (state === 'damaged') found(span);
      return { kind: 'lost', span };
    }

    return {
      async read({ maxBodies, maxBytes }, signal) {
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
          await woken(wakeups, signal);
        }
      },
      close: async () => {},
    };
  };
}

async function woken(wakeups: Set<() => void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  wakeups.add(resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  wakeups.delete(resolve);
}
