// What we kept of a span, and what became of it at each destination: one pass over the journal.
import { ConnectorError } from '@xiq-siem/core';
import type { ReadModel } from '@xiq-siem/queries';
import { isDuplicateOfBackfill } from '@xiq-siem/state';
import { type KeptStep, keptEvents, lookbackMs, retainedSinceMs, type ScannedSpan } from '../backfill/kept-bodies.ts';
import type { KeptEvent, ProofInput, TimeSpan } from './proof.ts';
import { placeKey, settledStates } from './settled-states.ts';

export interface KeptRecordOptions extends ScannedSpan {
  /** Different events; beyond it the span is refused. */
  readonly maxEvents: number;
}

/** Gives progress, and returns the record. Rejects with `usage` where the span has too many events. */
export async function* keptRecord(
  readModel: ReadModel,
  { cloud, messageTypes, fromMs, toMs, aheadMs, maxEvents }: KeptRecordOptions,
  signal: AbortSignal,
): AsyncGenerator<Extract<KeptStep, { kind: 'progress' }>, Pick<ProofInput, 'kept' | 'destinations' | 'goneBodies'>> {
  const { journal, backfilled } = readModel;
  const { firstSequence, nextSequence } = journal.extent();
  const sinceMs = await retainedSinceMs(journal, signal);
  const begin = await journal.sequenceAt(fromMs - lookbackMs - aheadMs, signal);
  const first = Math.max(firstSequence, begin);
  const undelivered = new Set<string>();
  for await (const some of readModel.deadLetters.undelivered(first)) {
    for (const { destination, sequence, element } of some) undelivered.add(placeKey(destination, sequence, element));
    await readModel.yieldNow();
  }
  const destinations = await Promise.all(
    readModel.destinations().map(async (one) => {
      const began = (await readModel.progressHistory.first(one.name))?.sequence ?? 0;
      return settledStates(readModel, one, undelivered, began);
    }),
  );
  const types = new Set(messageTypes);
  const kept = new Map<string, NumberedEvent>();
  const shared = sharedTexts();
  const goneBodies: TimeSpan[] = sinceMs > 0 ? [{ fromMs: 0, toMs: sinceMs + aheadMs }] : [];
  let beforeMs: number | undefined;

  for await (const step of keptEvents(readModel, cloud, { first, next: nextSequence }, signal)) {
    if (step.kind === 'progress') {
      yield step;
      continue;
    }
    const { sequence, metadata } = step.body;
    if (step.kind === 'body') {
      const atMs = metadata.receivedAtMs;
      if (beforeMs !== undefined && step.afterLoss) {
        goneBodies.push({ fromMs: Math.min(beforeMs, atMs), toMs: Math.max(beforeMs, atMs) + aheadMs + 1 });
      }
      beforeMs = atMs;
      continue;
    }
    const { id, messageType, dataset, element, user, action, timeMs = metadata.receivedAtMs } = step.event;
    if (!types.has(messageType) || timeMs < fromMs || timeMs >= toMs) continue;
    const ordinal = kept.get(id)?.ordinal ?? kept.size;
    if (ordinal >= maxEvents) throw tooMany(maxEvents);
    if (ordinal === kept.size) kept.set(id, { id, messageType, timeMs, user: shared(user), action, ordinal });
    const isDuplicate = isDuplicateOfBackfill(metadata.origin, id, backfilled);
    for (const one of destinations) {
      one.note({ ordinal, sequence, element, dataset, source: cloud.source, isDuplicate });
    }
  }
  const ordinalOf = (id: string): number | undefined => kept.get(id)?.ordinal;
  return { kept, destinations: destinations.map((one) => one.record(ordinalOf)), goneBodies };
}

interface NumberedEvent extends KeptEvent {
  readonly ordinal: number;
}

const maxShared = 10_000;

/** The same few users are in many events: one text for each of them. */
function sharedTexts(): (text: string | undefined) => string | undefined {
  const texts = new Map<string, string>();
  return (text) => {
    if (text === undefined) return undefined;
    const known = texts.get(text);
    if (known === undefined && texts.size < maxShared) texts.set(text, text);
    return known ?? text;
  };
}

export const tooMany = (most: number): ConnectorError =>
  new ConnectorError('usage', `there are more than ${most} events in this span: take a shorter one, or fewer --types`);
