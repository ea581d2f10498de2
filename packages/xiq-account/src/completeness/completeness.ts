// Compares the logs of ExtremeCloud IQ for a span with the journal and with each destination.
import type { CompletenessCell, CompletenessLine, Operations } from '@xiq-siem/admin-api';
import type { Clock } from '@xiq-siem/delivery';
import type { ReadModel } from '@xiq-siem/queries';
import { clockDifference, clockText } from '../backfill/clock-difference.ts';
import { fetchSpan, type LogChunk, settleMsOf } from '../backfill/fetch-span.ts';
import { selectAccount, selectTypes, spanOf } from '../backfill/request.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import type { EventSummary } from '../rest/log-reader.ts';
import type { XiqAccount } from '../xiq-account.ts';
import type { Cell, MissingEvent, Proof, SurplusEvent, TimeSpan } from './proof.ts';
import { proveCompleteness } from './prove-completeness.ts';
import { storedRecord, tooManyEvents } from './stored-record.ts';

export interface CompletenessParts {
  accounts(): ReadonlyMap<string, XiqAccount>;
  readModel(): ReadModel;
  readonly clock: Clock;
}

/** Needs about 350 MB of memory during the proof, for this many logged events and as many stored ones. */
const maxEvents = 500_000;
/** The longest wait of one page for the request budget: an operator is waiting. */
const maxWaitMs = 10 * 60_000;

/** Yields the cells at the end. Rejects with a ConnectorError. */
export async function* completeness(
  parts: CompletenessParts,
  { source, from, to, messageTypes: named }: Parameters<Operations['completeness']>[0],
  signal: AbortSignal,
): AsyncGenerator<CompletenessLine> {
  const account = selectAccount(parts.accounts(), source);
  const span = spanOf({ from, to }, parts.clock.now());
  const readModel = parts.readModel();
  const { proof, message } = yield* proofOfSpan(
    { account, readModel, clock: parts.clock, ...span, messageTypes: selectTypes(account, named) },
    signal,
  );
  for (const cell of proof.cells) yield { kind: 'cell', cell: shownCell(cell) };
  const verdict = proof.state === 'complete' || proof.state === 'unprovable' ? proof.state : 'missing_or_surplus';
  const note = message === undefined ? {} : { note: message };
  yield { kind: 'end', snapshot: readModel.snapshot, verdict, cells: proof.states, ...note };
}

export interface SpanToProve extends TimeSpan {
  readonly account: XiqAccount;
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly messageTypes: readonly string[];
}

/**
 * Reads the logs first and then the journal, so that each logged event had time to arrive. Returns the proof, and a
 * message about a clock difference.
 */
export async function* proofOfSpan(
  { account, readModel, clock, fromMs, toMs, messageTypes }: SpanToProve,
  signal: AbortSignal,
): AsyncGenerator<
  Extract<CompletenessLine, { kind: 'progress' | 'fetching' }>,
  { readonly proof: Proof; readonly message: string | undefined }
> {
  const difference = await clockDifference(readModel, account, signal);
  const { behindMs, aheadMs } = difference;
  const settleMs = settleMsOf(account, behindMs);
  const span = { fromMs, toMs, settleMs, maxWaitMs };
  // At the start: the fetch reads no further.
  const settledMs = clock.now() - settleMs;
  const hours = xiqHours();
  let fetched = 0;
  for (const messageType of messageTypes) {
    const type = logOfMessageType(messageType);
    if (type === undefined) continue;
    const { api, reader } = account;
    let here = 0;
    for await (const chunk of fetchSpan({ api, reader, type, clock, signal, ...span })) {
      hours.add(messageType, chunk);
      here += chunk.events.length;
      fetched += chunk.events.length;
      if (fetched > maxEvents) throw tooManyEvents(maxEvents);
      yield { kind: 'fetching', messageType, fetched: here };
    }
  }
  const record = yield* storedRecord(readModel, { account, messageTypes, fromMs, toMs, aheadMs, maxEvents }, signal);
  const proof = proveCompleteness({ types: messageTypes, fromMs, toMs, xiq: hours.hours, settledMs, ...record });
  return { proof, message: clockText(difference) };
}

function shownCell(cell: Cell): CompletenessCell {
  const { type, hourMs, state, xiq, kept, destinations, missing, surplus, probablySame } = cell;
  const pairs =
    probablySame === 0
      ? undefined
      : `${probablySame} missing and ${probablySame} surplus are probably the same events with different text`;
  const why = [cell.reason?.message, pairs].filter((one) => one !== undefined);
  return {
    messageType: type,
    hour: new Date(hourMs).toISOString(),
    state,
    xiq: xiq ?? null,
    kept,
    ...(why.length > 0 && { reason: why.join('; ') }),
    destinations: [...destinations],
    missing: missing.events.map((event) => shownEvent(event, hourMs)),
    missingCount: missing.count,
    surplus: surplus.events.map((event) => shownEvent(event, hourMs)),
    surplusCount: surplus.count,
  };
}

const whyText = { notReceived: 'not received', deadLettered: 'dead letter', waiting: 'not confirmed' } as const;

function shownEvent(event: MissingEvent | SurplusEvent, hourMs: number): CompletenessCell['missing'][number] {
  const { id, timeMs = hourMs, action, user, probably } = event;
  const why = 'why' in event ? whyText[event.why] + (event.destination ? ` at ${event.destination}` : '') : undefined;
  const message = [why, action, user, probably && `probably ${probably}`].filter((one) => one !== undefined);
  return { id, time: new Date(timeMs).toISOString(), ...(message.length > 0 && { message: message.join(', ') }) };
}

const hourMs = 3_600_000;

interface MutableHour {
  readonly events: EventSummary[];
  uncertainty?: string | undefined;
}

/** Collects log chunks by message type and hour, with the event fields that the proof needs. */
export function xiqHours() {
  const hours = new Map<string, Map<number, MutableHour>>();

  function addChunk(messageType: string, { fromMs, toMs, events, uncertainty }: LogChunk): void {
    const ofType = hours.get(messageType) ?? new Map<number, MutableHour>();
    hours.set(messageType, ofType);
    const hourAt = (timeMs: number): MutableHour => {
      const at = Math.floor(timeMs / hourMs) * hourMs;
      const hour = ofType.get(at) ?? { events: [] };
      ofType.set(at, hour);
      return hour;
    };
    for (let at = fromMs; at < toMs; at = (Math.floor(at / hourMs) + 1) * hourMs) {
      const hour = hourAt(at);
      hour.uncertainty ??= uncertainty?.message;
    }
    for (const { id, timeMs, user, action } of events)
      hourAt(timeMs ?? fromMs).events.push({ id, timeMs, user, action });
  }

  return {
    /** Adds a chunk of any length. */
    add: addChunk,
    /** For `proveCompleteness`: each hour that a chunk overlaps, also without events. */
    hours,
  };
}
