// Dead letters as bodies that a lane of delivery reads: numbered without a gap, each one event.
import type { BodyReader, EcsDocument, JournalEntry, KeptBody, NormalizedEvent } from '@xiq-siem/core';
import type { DeadLetterReading, StoredDeadLetter } from '@xiq-siem/state';
import { z } from 'zod';

export interface RetryReader extends BodyReader {
  /** The event of a body that it gave; none where it cannot be made any more. */
  eventsOf(body: KeptBody): Iterable<NormalizedEvent>;
  /** The dead letter behind a body that it gave. */
  letterAt(sequence: number): StoredDeadLetter | undefined;
  /** Called once what it gave has come to rest. */
  settled(sequence: number): void;
  /** Dead letters that could not be made an event again. */
  unmade(): number;
}

/** Starts from the raw body of a dead letter, by the mapping of today; undefined where it is not there any more. */
export type Renormalize = (letter: StoredDeadLetter) => Promise<NormalizedEvent | undefined>;

const timed = z.looseObject({ '@timestamp': z.string() });
/** It was made by our own mapping, and is sent as it stands. */
const documentSchema = z.custom<EcsDocument>((value) => timed.safeParse(value).success);

export function retryReader(
  deadLetters: Pick<DeadLetterReading, 'read'>,
  numbers: Iterable<number>,
  renormalize: Renormalize | undefined,
): RetryReader {
  const closing = new AbortController();
  const batches = deadLetters.read(numbers, closing.signal)[Symbol.asyncIterator]();
  const underWay = new Map<
    number,
    { readonly letter: StoredDeadLetter; readonly event: NormalizedEvent | undefined }
  >();
  let last = 0;
  let unmade = 0;

  async function bodyOf(letter: StoredDeadLetter): Promise<JournalEntry> {
    last += 1;
    // Its own: while it is made anew, others are numbered.
    const sequence = last;
    const event = renormalize === undefined ? storedEvent(letter) : await renormalize(letter);
    if (event === undefined) unmade += 1;
    underWay.set(sequence, { letter, event: event && { ...event, element: 0 } });
    const metadata = { source: letter.destination, origin: 'self', receivedAtMs: letter.firstAttemptMs } as const;
    return { kind: 'body', body: { sequence, receipt: letter.receipt, metadata, bytes: new Uint8Array() } };
  }

  return {
    async read() {
      const next = await batches.next();
      return next.done === true ? [] : Promise.all(next.value.map(bodyOf));
    },
    async close() {
      closing.abort();
      await batches.return?.();
    },
    eventsOf({ sequence: given }) {
      const event = underWay.get(given)?.event;
      return event === undefined ? [] : [event];
    },
    letterAt: (given) => underWay.get(given)?.letter,
    settled: (given) => void underWay.delete(given),
    unmade: () => unmade,
  };
}

/** The document as it was stored. */
function storedEvent({ id, dataset, json }: StoredDeadLetter): NormalizedEvent | undefined {
  const document = documentOf(json);
  if (document === undefined) return undefined;
  return { element: 0, id, dataset, timeMs: Date.parse(document['@timestamp'] ?? ''), document };
}

function documentOf(json: string): EcsDocument | undefined {
  try {
    return documentSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}
