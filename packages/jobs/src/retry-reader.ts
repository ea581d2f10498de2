// Dead letters as bodies that a lane of delivery reads: numbered without a gap, each one event.
import type { BodyReader, EcsDocument, JournalEntry, NormalizedEvent, StoredBody } from '@xiq-siem/core';
import type { DeadLetterFilter, DeadLetterReading, StoredDeadLetter } from '@xiq-siem/state';
import { z } from 'zod';

/** Starts from the raw body of a dead letter, by the current mapping; undefined where it is not there any more. */
export type Renormalize = (deadLetter: StoredDeadLetter) => Promise<NormalizedEvent | undefined>;

interface UnsettledDeadLetter {
  readonly deadLetter: StoredDeadLetter;
  readonly event: NormalizedEvent | undefined;
}

const timed = z.looseObject({ '@timestamp': z.string() });
/** It was made by our own mapping, and is sent as it stands. */
const documentSchema = z.custom<EcsDocument>((value) => timed.safeParse(value).success);

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
  let unmade = 0;

  async function bodyOf(deadLetter: StoredDeadLetter): Promise<JournalEntry> {
    last += 1;
    // Its own: while it is made anew, others are numbered.
    const sequence = last;
    const event = renormalize === undefined ? storedEvent(deadLetter) : await renormalize(deadLetter);
    if (event === undefined) unmade += 1;
    unsettled.set(sequence, { deadLetter, event: event && { ...event, element: 0 } });
    const { destination: source, firstAttemptMs: receivedAtMs, receipt } = deadLetter;
    const metadata = { source, origin: 'self', receivedAtMs } as const;
    return { kind: 'body', body: { sequence, receipt, metadata, bytes: new Uint8Array() } };
  }

  return {
    async read(): ReturnType<BodyReader['read']> {
      const next = await batches.next();
      return next.done === true ? [] : Promise.all(next.value.map(bodyOf));
    },
    async close() {
      closing.abort();
      await batches.return?.();
    },
    /** The event of a body that it gave; none where it cannot be made any more. */
    eventsOf({ sequence }: StoredBody): Iterable<NormalizedEvent> {
      const event = unsettled.get(sequence)?.event;
      return event === undefined ? [] : [event];
    },
    /** The dead letter behind a body that it gave. */
    deadLetterAt: (sequence: number) => unsettled.get(sequence)?.deadLetter,
    /** Called once what it gave is settled. */
    settled: (sequence: number) => void unsettled.delete(sequence),
    /** Dead letters that could not be made an event again. */
    unmade: () => unmade,
  };
}

/** The document as it was stored. */
function storedEvent({ id, dataset, json }: StoredDeadLetter): NormalizedEvent | undefined {
  try {
    const document = documentSchema.parse(JSON.parse(json));
    return { element: 0, id, dataset, timeMs: Date.parse(document['@timestamp'] ?? ''), document };
  } catch {
    return undefined;
  }
}
