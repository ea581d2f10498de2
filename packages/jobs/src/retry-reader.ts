// Reads dead letters as bodies of one event each, with consecutive sequences, for a replay stream.
import type { BodyReader, JournalEntry, NormalizedEvent, StoredBody } from '@xiq-siem/core';
import { storedDocument } from '@xiq-siem/delivery';
import type { DeadLetterFilter, DeadLetterReading, StoredDeadLetter } from '@xiq-siem/state';

/** Normalizes the raw body of a dead letter with the current mapping; undefined where the body is no longer stored. */
export type Renormalize = (deadLetter: StoredDeadLetter) => Promise<NormalizedEvent | undefined>;

interface UnsettledDeadLetter {
  readonly deadLetter: StoredDeadLetter;
  readonly event: NormalizedEvent | undefined;
}

export function retryReader(
  deadLetters: Pick<DeadLetterReading, 'read'>,
  filter: DeadLetterFilter,
  lastNumber: number,
  renormalize: Renormalize | undefined,
) {
  const closing = new AbortController();
  const batches = deadLetters.read(filter, lastNumber, closing.signal)[Symbol.asyncIterator]();
  const unsettled = new Map<number, UnsettledDeadLetter>();
  let last = 0;
  let missing = 0;

  async function bodyOf(deadLetter: StoredDeadLetter): Promise<JournalEntry> {
    last += 1;
    // A copy: `last` changes during the await.
    const sequence = last;
    const event = renormalize === undefined ? storedEvent(deadLetter) : await renormalize(deadLetter);
    if (event === undefined) missing += 1;
    unsettled.set(sequence, { deadLetter, event: event && { ...event, element: 0 } });
    const { destination: source, firstAttemptMs: receivedAtMs, receipt } = deadLetter;
    const metadata = { source, origin: 'self', receivedAtMs } as const;
    return { kind: 'body', body: { sequence, receipt, metadata, bytes: new Uint8Array() } };
  }

  return {
    read: async function readDeadLetterBodies(): ReturnType<BodyReader['read']> {
      const next = await batches.next();
      return next.done === true ? [] : Promise.all(next.value.map(bodyOf));
    },
    close: async function closeRetryReader() {
      closing.abort();
      await batches.return?.();
    },
    /** The event of a body of this reader; none where it is missing. */
    eventsOf({ sequence }: StoredBody): Iterable<NormalizedEvent> {
      const event = unsettled.get(sequence)?.event;
      return event === undefined ? [] : [event];
    },
    /** The dead letter of a body of this reader. */
    deadLetterAt: (sequence: number) => unsettled.get(sequence)?.deadLetter,
    /** To be called when a body of this reader is settled. */
    settled: (sequence: number) => void unsettled.delete(sequence),
    /** Number of dead letters without an event: the raw body is no longer stored, or the document is damaged. */
    missing: () => missing,
  };
}

function storedEvent({ id, dataset, json }: StoredDeadLetter): NormalizedEvent | undefined {
  const document = storedDocument(json);
  return document && { element: 0, id, dataset, timeMs: Date.parse(document['@timestamp'] ?? ''), document };
}
