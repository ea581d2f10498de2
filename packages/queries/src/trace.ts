// `trace`: a body or an event with its receipt, its normalization and the verdict of each destination.
import type { Trace, TraceEvent, TraceLine, TraceVerdict } from '@xiq-siem/admin-api';
import type { NormalizedEvent, RetentionGap, StoredBody } from '@xiq-siem/core';
import { parkedRetry } from '@xiq-siem/delivery';
import { isDuplicateOfBackfill } from '@xiq-siem/state';
import { type Span, scanJournal, sequencesOf } from './journal-scan.ts';
import { isSettled, type KnownDestination, type ReadModel, timeOf } from './read-model.ts';

const duplicateText = 'a back-fill fetched this event before: delivered from the REST log with another event id';
/** Listed events of one body; further ones are counted. */
const maxEvents = 200;
/** Listed bodies that contain the event (resends). */
const maxFound = 100;

export async function traceReceipt(readModel: ReadModel, receipt: string): Promise<Trace> {
  const found = await readModel.journal.find(receipt);
  if (found.kind === 'body') return traceBody(readModel, found.body, () => true);
  const none = { snapshot: readModel.snapshot, receipt, events: [], omitted: 0 };
  // Destinations that needed the evicted body, while their gap is not acknowledged.
  const gaps = readModel.journal
    .retentionGaps()
    .filter((gap) => found.kind === 'removed' && within(gap, found.sequence));
  if (gaps.length === 0) return { ...none, found: found.kind };
  return { ...none, found: 'lost', lostTo: [...new Set(gaps.map(({ destination }) => destination))].sort() };
}

/** Scans the bodies of a span. The same event may be in more than one body. */
export async function* traceEvent(
  readModel: ReadModel,
  eventId: string,
  span: Span,
  signal: AbortSignal,
): AsyncGenerator<TraceLine> {
  let bodies = 0;
  let found = 0;
  for await (const step of scanJournal(readModel, await sequencesOf(readModel.journal, span, signal), signal)) {
    if (step.kind === 'progress') {
      yield step;
      continue;
    }
    bodies += 1;
    for (const event of readModel.normalize(step.body)) {
      await readModel.yieldNow();
      if (signal.aborted) return;
      if (event.id !== eventId) continue;
      found += 1;
      if (found <= maxFound) {
        yield { kind: 'trace', trace: await traceBody(readModel, step.body, ({ id }) => id === eventId) };
      }
      break;
    }
  }
  if (!signal.aborted) yield { kind: 'end', snapshot: readModel.snapshot, found, bodies };
}

async function traceBody(
  readModel: ReadModel,
  body: StoredBody,
  isSelected: (event: NormalizedEvent) => boolean,
): Promise<Trace> {
  const { sequence, receipt, bytes, metadata } = body;
  const { source, messageType, origin, receivedAtMs, remoteAddress } = metadata;
  const { snapshot, mappingVersion } = readModel;
  const events: TraceEvent[] = [];
  let omitted = 0;
  for (const event of readModel.normalize(body)) {
    await readModel.yieldNow();
    if (!isSelected(event)) continue;
    if (events.length >= maxEvents) omitted += 1;
    else events.push(await traceOf(readModel, body, event));
  }
  const shown = { sequence, source, messageType, origin, received: timeOf(receivedAtMs), bytes: bytes.length };
  return { snapshot, receipt, found: 'kept', events, omitted, mappingVersion, body: { ...shown, remoteAddress } };
}

async function traceOf(readModel: ReadModel, body: StoredBody, event: NormalizedEvent): Promise<TraceEvent> {
  const { element, id, dataset, timeMs, document } = event;
  const { action, kind = 'event' } = document.event ?? {};
  const verdicts = readModel.destinations().map(async (destination) => ({
    destination: destination.name,
    ...(await verdictOf(readModel, destination, body, event)),
  }));
  return { element, id, dataset, action, time: timeOf(timeMs), kind, destinations: await Promise.all(verdicts) };
}

async function verdictOf(
  { pairing, position: positionOf, journal, progressHistory, deadLetters, parkedRetryMs }: ReadModel,
  { name, assurance, wants }: KnownDestination,
  { sequence, metadata: { source, origin } }: StoredBody,
  event: NormalizedEvent,
): Promise<Omit<TraceVerdict, 'destination'>> {
  const { element } = event;
  if (isDuplicateOfBackfill(origin, event, pairing)) {
    return { verdict: 'filtered', code: 'duplicate_of_backfill', message: duplicateText };
  }
  const position = positionOf(name);
  if (position === undefined) return { verdict: 'not_known' };
  const stored = (await deadLetters.find(sequence, element)).find(({ destination }) => destination === name);
  // An event that was read before its eviction may be stored as a dead letter.
  const isEvicted = journal.retentionGaps().some((gap) => gap.destination === name && within(gap, sequence));
  if (stored === undefined && isEvicted) return { verdict: 'lost', message: 'evicted when the journal was full' };
  const isWanted = wants({ ...event, source });
  if (!isSettled(position, sequence, element)) return { verdict: isWanted ? 'waiting' : 'filtered' };
  const { notBeforeMs, notAfterMs } = await progressHistory.around(name, sequence);
  const times = { notBefore: timeOf(notBeforeMs), notAfter: timeOf(notAfterMs) };
  if (!isWanted) return { verdict: 'filtered', ...times };
  if (stored !== undefined) {
    const { code, message, number: deadLetter, resolved, lastAttemptMs } = stored;
    const shown = { code, message, deadLetter, notAfter: timeOf(resolved?.atMs ?? lastAttemptMs) };
    if (resolved === undefined && stored.parked) {
      return { verdict: 'parked', retry: timeOf(parkedRetryMs?.(name)), ...shown };
    }
    if (resolved === undefined) return { verdict: 'dead_lettered', ...shown };
    if (resolved.how === 'dropped') return { verdict: 'dropped', ...shown };
    const retried =
      resolved.by === parkedRetry ? 'delivered after it was parked' : 'delivered by a retry of its dead letter';
    return { verdict: 'delivered', assurance, ...shown, message: retried };
  }
  const historyStart = (await progressHistory.first(name))?.sequence;
  if (historyStart !== undefined && sequence < historyStart) {
    return { verdict: 'not_known', message: 'received before the progress history of this destination started' };
  }
  return { verdict: 'delivered', assurance, ...times };
}

function within({ fromSequence, toSequence }: RetentionGap, sequence: number): boolean {
  return sequence >= fromSequence && sequence <= toSequence;
}
