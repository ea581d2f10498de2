// Normalizes the events of dead letters again, from their raw bodies, with the current mapping.
import {
  type BodyReader,
  createSerialQueue,
  type JournalEntry,
  type NormalizedEvent,
  type StoredBody,
} from '@xiq-siem/core';
import type { ReadModel } from '@xiq-siem/queries';
import type { Renormalize } from './retry-reader.ts';

const portion = { maxBodies: 64, maxBytes: 1_048_576 };
/** For a body further ahead than this, a new reader is opened. */
const maxReadAhead = 20_000;
const never = new AbortController().signal;

/** Dead letters are mostly in the order of their bodies, so that one reader finds them all. */
export function createRenormalizer({ journal, normalize, yieldNow }: ReadModel) {
  let reader: BodyReader | undefined;
  let waiting: JournalEntry[] = [];
  /** Sequence at which the next entry of the reader starts. */
  let next = 0;
  let end = 0;
  let last: { readonly sequence: number; readonly events: ReadonlyMap<number, NormalizedEvent> } | undefined;
  const exclusive = createSerialQueue();

  async function goTo(sequence: number): Promise<void> {
    await reader?.close();
    waiting = [];
    next = sequence;
    end = journal.extent().nextSequence - 1;
    reader = journal.reader(sequence, end);
  }

  async function bodyAt(sequence: number): Promise<StoredBody | undefined> {
    const { firstSequence, nextSequence } = journal.extent();
    if (sequence < firstSequence || sequence >= nextSequence) return undefined;
    if (reader === undefined || sequence < next || sequence > next + maxReadAhead) await goTo(sequence);
    for (;;) {
      const entry = waiting.shift();
      if (entry === undefined) {
        const more = (await reader?.read(portion, never)) ?? [];
        if (more.length === 0) {
          if (end >= sequence) return undefined;
          // The journal has grown since this reader was opened.
          await goTo(next);
          continue;
        }
        waiting = [...more];
        continue;
      }
      next = (entry.kind === 'body' ? entry.body.sequence : entry.span.toSequence) + 1;
      if (next > sequence) return entry.kind === 'body' && entry.body.sequence === sequence ? entry.body : undefined;
    }
  }

  async function eventsAt(sequence: number): Promise<ReadonlyMap<number, NormalizedEvent>> {
    if (last?.sequence === sequence) return last.events;
    const events = new Map<number, NormalizedEvent>();
    const body = await bodyAt(sequence);
    if (body !== undefined) {
      for (const event of normalize(body)) {
        events.set(event.element, event);
        await yieldNow();
      }
    }
    last = { sequence, events };
    return events;
  }

  const eventOf: Renormalize = ({ sequence, element }) =>
    exclusive(async () => (await eventsAt(sequence)).get(element));
  return { eventOf, close: async () => reader?.close() };
}
