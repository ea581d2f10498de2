// Finds the stored events of a span and their state at each destination, in one pass over the journal.
import type { ConnectorError } from '@xiq-siem/core';
import type { ReadModel } from '@xiq-siem/queries';
import { isDuplicateOfBackfill, slotId } from '@xiq-siem/state';
import { backfillError } from '../backfill/backfill-errors.ts';
import {
  type JournalStep,
  journalEvents,
  lookbackMs,
  retainedSinceMs,
  type ScannedSpan,
} from '../backfill/journal-events.ts';
import type { ProofInput, StoredEvent, TimeSpan } from './proof.ts';
import { positionKey, settledStates } from './settled-states.ts';

export interface StoredRecordOptions extends ScannedSpan {
  /** The highest number of distinct events. */
  readonly maxEvents: number;
}

/** Yields progress and returns the record. Rejects with `too_many_events`. */
export async function* storedRecord(
  readModel: ReadModel,
  { account, messageTypes, fromMs, toMs, aheadMs, maxEvents }: StoredRecordOptions,
  signal: AbortSignal,
): AsyncGenerator<
  Extract<JournalStep, { kind: 'progress' }>,
  Pick<ProofInput, 'kept' | 'destinations' | 'unavailableSpans'>
> {
  const { journal, pairing } = readModel;
  const { firstSequence, nextSequence } = journal.extent();
  const sinceMs = await retainedSinceMs(journal, signal);
  const begin = await journal.sequenceAt(fromMs - lookbackMs - aheadMs, signal);
  const first = Math.max(firstSequence, begin);
  const undelivered = new Map<string, 'deadLettered' | 'waiting'>();
  for await (const some of readModel.deadLetters.undelivered(first)) {
    for (const { destination, sequence, element, parked } of some) {
      undelivered.set(positionKey(destination, sequence, element), parked ? 'waiting' : 'deadLettered');
    }
    await readModel.yieldNow();
  }
  const destinations = await Promise.all(
    readModel.destinations().map(async (one) => {
      const startSequence = (await readModel.progressHistory.first(one.name))?.sequence ?? 0;
      return settledStates(readModel, one, undelivered, startSequence);
    }),
  );
  const types = new Set(messageTypes);
  const kept = new Map<string, NumberedEvent>();
  const shared = sharedTexts();
  const unavailableSpans: TimeSpan[] = sinceMs > 0 ? [{ fromMs: 0, toMs: sinceMs + aheadMs }] : [];
  let beforeMs: number | undefined;

  for await (const step of journalEvents(readModel, account, { first, next: nextSequence }, signal)) {
    if (step.kind === 'progress') {
      yield step;
      continue;
    }
    const { sequence, metadata } = step.body;
    if (step.kind === 'body') {
      const atMs = metadata.receivedAtMs;
      if (beforeMs !== undefined && step.afterLoss) {
        unavailableSpans.push({ fromMs: Math.min(beforeMs, atMs), toMs: Math.max(beforeMs, atMs) + aheadMs + 1 });
      }
      beforeMs = atMs;
      continue;
    }
    const { id, messageType, dataset, document, element, user, action, timeMs = metadata.receivedAtMs } = step.event;
    if (!types.has(messageType) || timeMs < fromMs || timeMs >= toMs) continue;
    // It is not an event of its own: its event was fetched.
    if (isDuplicateOfBackfill(metadata.origin, step.event, pairing)) continue;
    const ordinal = kept.get(id)?.ordinal ?? kept.size;
    if (ordinal >= maxEvents) throw tooManyEvents(maxEvents);
    if (ordinal === kept.size) {
      const pairingKey = shortKey(step.event.pairingKey);
      kept.set(id, { id, messageType, timeMs, user: shared(user), action, pairingKey, ordinal });
    }
    for (const one of destinations) one.add({ ordinal, sequence, element, dataset, document, source: account.source });
  }
  const ordinalOf = (id: string): number | undefined => kept.get(id)?.ordinal;
  return { kept, destinations: destinations.map((one) => one.record(ordinalOf)), unavailableSpans };
}

interface NumberedEvent extends StoredEvent {
  readonly ordinal: number;
}

/** 64 bits of its hash, because a proof has many keys. */
export const shortKey = (pairingKey: string | undefined): string | undefined =>
  pairingKey && slotId(pairingKey, 1).slice(1, 17);

const maxShared = 10_000;

/** Returns the same string for equal texts, because many events have the same user. */
function sharedTexts(): (text: string | undefined) => string | undefined {
  const texts = new Map<string, string>();
  return (text) => {
    if (text === undefined) return undefined;
    const known = texts.get(text);
    if (known === undefined && texts.size < maxShared) texts.set(text, text);
    return known ?? text;
  };
}

export const tooManyEvents = (limit: number): ConnectorError =>
  backfillError('too_many_events', `the span has more than ${limit} events: use a shorter span or fewer --types`);
