// The whole story of a body or an event: received, normalized, and each destination's verdict.
import type { Trace, TraceEvent, TraceLine, TraceVerdict } from '@xiq-siem/admin-api';
import type { KeptBody, NormalizedEvent } from '@xiq-siem/core';
import { parseReceipt } from '@xiq-siem/journal';
import { isDuplicateOfBackfill } from '@xiq-siem/state';
import type { Evidence, KnownDestination } from './evidence.ts';
import { type Span, scanJournal, sequencesOf } from './journal-scan.ts';
import { isSettled } from './settled.ts';

const duplicateWords = 'it came after a back-fill had brought it, and that one is delivered: trace its event id';
/** Events of one body that are told; the others are counted. */
const maxEvents = 200;
/** Bodies in which an event is found that are told: resends of one event. */
const maxFound = 100;

export async function traceReceipt(evidence: Evidence, receipt: string): Promise<Trace> {
  const found = await evidence.journal.find(receipt);
  if (found.kind === 'body') return traceBody(evidence, found.body, () => true);
  const { snapshot } = evidence;
  const lostTo = found.kind === 'removed' ? destinationsWithout(evidence, receipt) : [];
  if (lostTo.length > 0) return { snapshot, receipt, found: 'lost', lostTo, events: [], omitted: 0 };
  return { snapshot, receipt, found: found.kind, events: [], omitted: 0 };
}

/** Those that wanted a body that a full journal let go of, as long as their gap is not acknowledged. */
function destinationsWithout({ journal }: Evidence, receipt: string): string[] {
  const { sequence } = parseReceipt(receipt) ?? {};
  if (sequence === undefined) return [];
  const gaps = journal.letGoGaps().filter((gap) => within(gap, sequence));
  return [...new Set(gaps.map(({ destination }) => destination))].sort();
}

/** A scan of what was received in a span; the same event may have come in more than one body. */
export async function* traceEvent(
  evidence: Evidence,
  eventId: string,
  span: Span,
  signal: AbortSignal,
): AsyncGenerator<TraceLine> {
  let bodies = 0;
  let found = 0;
  for await (const step of scanJournal(evidence, await sequencesOf(evidence.journal, span, signal), signal)) {
    if (step.kind === 'progress') {
      yield step;
      continue;
    }
    bodies += 1;
    for (const event of evidence.normalize(step.body)) {
      await evidence.yieldNow();
      if (signal.aborted) return;
      if (event.id !== eventId) continue;
      found += 1;
      if (found <= maxFound) {
        yield { kind: 'trace', trace: await traceBody(evidence, step.body, ({ id }) => id === eventId) };
      }
      break;
    }
  }
  if (!signal.aborted) yield { kind: 'end', snapshot: evidence.snapshot, found, bodies };
}

async function traceBody(
  evidence: Evidence,
  body: KeptBody,
  isMeant: (event: NormalizedEvent) => boolean,
): Promise<Trace> {
  const { sequence, receipt, bytes, metadata } = body;
  const { source, messageType, origin, receivedAtMs, remoteAddress } = metadata;
  const events: TraceEvent[] = [];
  let omitted = 0;
  for (const event of evidence.normalize(body)) {
    await evidence.yieldNow();
    if (!isMeant(event)) continue;
    if (events.length >= maxEvents) omitted += 1;
    else events.push(await traceOf(evidence, body, event));
  }
  return {
    ...{ snapshot: evidence.snapshot, receipt, found: 'kept', events, omitted },
    ...(evidence.mappingVersion !== undefined && { mappingVersion: evidence.mappingVersion }),
    body: {
      ...{ sequence, source, origin, bytes: bytes.length, received: new Date(receivedAtMs).toISOString() },
      ...(messageType !== undefined && { messageType }),
      ...(remoteAddress !== undefined && { remoteAddress }),
    },
  };
}

async function traceOf(evidence: Evidence, body: KeptBody, event: NormalizedEvent): Promise<TraceEvent> {
  const { element, id, dataset, timeMs, document } = event;
  const action = document.event?.action;
  const verdicts = evidence.destinations().map((destination) => verdictOf(evidence, destination, body, event));
  return {
    ...{ element, id, dataset, time: new Date(timeMs).toISOString(), kind: document.event?.kind ?? 'event' },
    ...(action !== undefined && { action }),
    destinations: await Promise.all(verdicts),
  };
}

async function verdictOf(
  evidence: Evidence,
  { name: destination, assurance, wants }: KnownDestination,
  { sequence, metadata: { source, origin } }: KeptBody,
  { element, dataset, id }: NormalizedEvent,
): Promise<TraceVerdict> {
  if (isDuplicateOfBackfill(origin, id, evidence.backfilled)) {
    return { destination, verdict: 'filtered', code: 'duplicate_of_backfill', words: duplicateWords };
  }
  const position = evidence.position(destination);
  if (position === undefined) return { destination, verdict: 'not_known' };
  if (evidence.journal.letGoGaps().some((gap) => gap.destination === destination && within(gap, sequence))) {
    return { destination, verdict: 'lost', words: 'let go when the journal was full' };
  }
  if (!isSettled(position, sequence, element)) {
    return wants({ dataset, source }) ? { destination, verdict: 'waiting' } : { destination, verdict: 'filtered' };
  }
  const when = evidence.progressHistory.around(destination, sequence);
  const times = {
    ...(when.notBeforeMs !== undefined && { notBefore: new Date(when.notBeforeMs).toISOString() }),
    ...(when.notAfterMs !== undefined && { notAfter: new Date(when.notAfterMs).toISOString() }),
  };
  if (!wants({ dataset, source })) return { destination, verdict: 'filtered', ...times };
  const [letter] = (await evidence.deadLetters.find(sequence, element)).filter(
    (found) => found.destination === destination,
  );
  if (letter !== undefined) {
    const { code, message, number, resolved, lastAttemptMs } = letter;
    const words = message !== undefined && { words: message };
    const told = { destination, code, deadLetter: number, ...words };
    const at = new Date(resolved?.atMs ?? lastAttemptMs).toISOString();
    if (resolved === undefined) return { ...told, verdict: 'dead_lettered', notAfter: at };
    if (resolved.how === 'dropped') return { ...told, verdict: 'dropped', notAfter: at };
    return { ...told, verdict: 'delivered', assurance, words: 'after a retry of its dead letter', notAfter: at };
  }
  const began = evidence.progressHistory.first(destination)?.sequence;
  if (began !== undefined && sequence < began) {
    return { destination, verdict: 'not_known', words: 'before this destination, or its history, began' };
  }
  return { destination, verdict: 'delivered', assurance, ...times };
}

const within = (
  { fromSequence, toSequence }: { fromSequence: number; toSequence: number },
  sequence: number,
): boolean => sequence >= fromSequence && sequence <= toSequence;
