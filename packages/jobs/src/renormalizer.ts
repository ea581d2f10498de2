// The events of dead letters made anew, out of their raw bodies, by the mapping of the moment.
import type { BodyReader, JournalEntry, KeptBody, NormalizedEvent } from '@xiq-siem/core';
import type { Evidence } from '@xiq-siem/queries';
import type { StoredDeadLetter } from '@xiq-siem/state';
import type { Renormalize } from './retry-reader.ts';

export interface Renormalizer {
  readonly eventOf: Renormalize;
  close(): Promise<void>;
}

const portion = { maxBodies: 64, maxBytes: 1_048_576 };
/** Bodies further ahead than this are not read through, but gone to. */
const farAhead = 20_000;
const never = new AbortController().signal;

/** Dead letters mostly come in the order of their bodies: one reader goes along with them. */
export function createRenormalizer({ journal, normalize, yieldNow }: Evidence): Renormalizer {
  let reader: BodyReader | undefined;
  let read: JournalEntry[] = [];
  /** The sequence that comes next. */
  let next = 0;
  let last: { readonly sequence: number; readonly events: ReadonlyMap<number, NormalizedEvent> } | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function goTo(sequence: number): Promise<void> {
    await reader?.close();
    read = [];
    next = sequence;
    reader = journal.reader(sequence, journal.extent().nextSequence - 1);
  }

  async function bodyAt(sequence: number): Promise<KeptBody | undefined> {
    const { firstSequence, nextSequence } = journal.extent();
    if (sequence < firstSequence || sequence >= nextSequence) return undefined;
    if (reader === undefined || sequence < next || sequence > next + farAhead) await goTo(sequence);
    for (;;) {
      const entry = read.shift();
      if (entry === undefined) {
        const more = (await reader?.read(portion, never)) ?? [];
        if (more.length === 0) {
          // The end of this reader, though not of the journal, which has grown.
          await goTo(next);
          continue;
        }
        read = [...more];
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

  return {
    eventOf({ sequence, element }: StoredDeadLetter) {
      const mine = turn.then(async () => (await eventsAt(sequence)).get(element));
      turn = mine.catch(() => undefined);
      return mine;
    },
    close: async () => reader?.close(),
  };
}
