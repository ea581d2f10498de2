// Compares the logs of ExtremeCloud IQ for a span with the journal and with each destination.
import type { CompletenessCell, CompletenessLine, Operations } from '@xiq-siem/admin-api';
import type { Clock } from '@xiq-siem/delivery';
import type { ReadModel } from '@xiq-siem/queries';
import { clockDifference, clockText } from '../backfill/clock-difference.ts';
import { fetchSpan, type LogChunk, logDelayMsOf } from '../backfill/fetch-span.ts';
import { selectAccount, selectTypes, spanOf } from '../backfill/request.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import type { EventSummary } from '../rest/log-reader.ts';
import type { XiqAccount } from '../xiq-account.ts';
import type { Cell, MissingEvent, Proof, SurplusEvent, TimeSpan } from './proof.ts';
import { proveCompleteness } from './prove-completeness.ts';
import { shortKey, storedRecord, tooManyEvents } from './stored-record.ts';

export interface CompletenessParts {
  accounts(): ReadonlyMap<string, XiqAccount>;
  readModel(): ReadModel;
  readonly clock: Clock;
}

/** Limit of the logged events, and of the stored events. A proof with both at the limit needs about 400 MB of memory. */
const maxEvents = 500_000;
/** The longest wait for the request budget, for each page of a log. It is short because an operator waits for the result. */
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
  const { proof, clockNote } = yield* proofOfSpan(
    { account, readModel, clock: parts.clock, ...span, messageTypes: selectTypes(account, named) },
    signal,
  );
  for (const cell of proof.cells) yield { kind: 'cell', cell: shownCell(cell) };
  const verdict = proof.state === 'complete' || proof.state === 'unprovable' ? proof.state : 'missing_or_surplus';
  const note = clockNote === undefined ? {} : { note: clockNote };
  yield { kind: 'end', snapshot: readModel.snapshot, verdict, cells: proof.states, ...note };
}

export interface SpanToProve extends TimeSpan {
  readonly account: XiqAccount;
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly messageTypes: readonly string[];
}

/**
 * Reads the logs first and the journal last, because a logged event may arrive during the read. Returns the proof, and a note
 * if the clocks differ.
 */
export async function* proofOfSpan(
  { account, readModel, clock, fromMs, toMs, messageTypes }: SpanToProve,
  signal: AbortSignal,
): AsyncGenerator<
  Extract<CompletenessLine, { kind: 'progress' | 'fetching' }>,
  { readonly proof: Proof; readonly clockNote: string | undefined }
> {
  const difference = await clockDifference(readModel, account, signal);
  const { behindMs, aheadMs } = difference;
  const logDelayMs = logDelayMsOf(account, behindMs);
  const span = { fromMs, toMs, logDelayMs, maxWaitMs };
  // Read the clock before the fetch: the fetch reads no later log entries.
  const logFinalMs = clock.now() - logDelayMs;
  const logged = loggedHours();
  let fetchedTotal = 0;
  for (const messageType of messageTypes) {
    const logType = logOfMessageType(messageType);
    if (logType === undefined) continue;
    const { api, reader } = account;
    let fetchedOfType = 0;
    for await (const chunk of fetchSpan({ api, reader, type: logType, clock, signal, ...span })) {
      logged.add(messageType, chunk);
      fetchedOfType += chunk.events.length;
      fetchedTotal += chunk.events.length;
      if (fetchedTotal > maxEvents) throw tooManyEvents(maxEvents);
      yield { kind: 'fetching', messageType, fetched: fetchedOfType };
    }
  }
  const record = yield* storedRecord(readModel, { account, messageTypes, fromMs, toMs, aheadMs, maxEvents }, signal);
  const proof = proveCompleteness({ types: messageTypes, fromMs, toMs, xiq: logged.hours, logFinalMs, ...record });
  return { proof, clockNote: clockText(difference) };
}

function shownCell(cell: Cell): CompletenessCell {
  const { type, hourMs, state, xiq, kept, destinations, missing, surplus, probablySame } = cell;
  const pairText =
    probablySame === 0
      ? undefined
      : `${probablySame} of the missing events are probably ${probablySame} of the surplus events, with a different text`;
  const reasons = [cell.reason?.message, pairText].filter((one) => one !== undefined);
  return {
    messageType: type,
    hour: new Date(hourMs).toISOString(),
    state,
    xiq: xiq ?? null,
    kept,
    ...(reasons.length > 0 && { reason: reasons.join('; ') }),
    destinations: [...destinations],
    missing: missing.events.map((event) => shownEvent(event, hourMs)),
    missingCount: missing.count,
    surplus: surplus.events.map((event) => shownEvent(event, hourMs)),
    surplusCount: surplus.count,
  };
}

const missingText = { notReceived: 'not received', deadLettered: 'dead letter', waiting: 'not confirmed' } as const;

function shownEvent(event: MissingEvent | SurplusEvent, hourMs: number): CompletenessCell['missing'][number] {
  const { id, timeMs = hourMs, action, user, probableMatchId } = event;
  const reason =
    'reason' in event ? missingText[event.reason] + (event.destination ? ` at ${event.destination}` : '') : undefined;
  const parts = [reason, action, user, probableMatchId && `probably ${probableMatchId}`].filter(
    (one) => one !== undefined,
  );
  return { id, time: new Date(timeMs).toISOString(), ...(parts.length > 0 && { message: parts.join(', ') }) };
}

const hourMs = 3_600_000;

interface MutableHour {
  readonly events: EventSummary[];
  uncertainty?: string | undefined;
}

/** Collects log chunks by message type and hour, with the event fields that the proof needs. */
export function loggedHours() {
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
    for (const { id, timeMs, user, action, pairingKey } of events)
      hourAt(timeMs ?? fromMs).events.push({ id, timeMs, user, action, pairingKey: shortKey(pairingKey) });
  }

  return {
    /** Adds a chunk of any length. */
    add: addChunk,
    /** For `proveCompleteness`: each hour that a chunk overlaps, also without events. */
    hours,
  };
}
