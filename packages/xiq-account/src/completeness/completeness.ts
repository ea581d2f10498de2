// `completeness`: what ExtremeCloud IQ logged of a span, held against what we kept and what every destination has.
import type { CompletenessCell, CompletenessLine, Operations } from '@xiq-siem/admin-api';
import type { Clock } from '@xiq-siem/delivery';
import type { ReadModel } from '@xiq-siem/queries';
import { clockDifference, clockText } from '../backfill/clock-difference.ts';
import { type FetchedPiece, fetchSpan, settleMsOf } from '../backfill/fetch-span.ts';
import { cloudNamed, spanOf, typesMeant } from '../backfill/request.ts';
import type { XiqCloud } from '../cloud.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import type { EventFacts } from '../rest/log-reader.ts';
import { keptRecord, tooMany } from './kept-record.ts';
import type { Cell, MissingEvent, Proof, SurplusEvent, TimeSpan } from './proof.ts';
import { proveCompleteness } from './prove-completeness.ts';

export interface CompletenessParts {
  clouds(): ReadonlyMap<string, XiqCloud>;
  readModel(): ReadModel;
  readonly clock: Clock;
}

/** About 350 MB of memory, for as long as the proof is made: events of their log, and as many kept ones. */
const maxEvents = 500_000;
/** A page waits no longer for the account's requests: a person waits too. */
const maxWaitMs = 10 * 60_000;

/** Cells are given when the whole span is looked at. Rejects with a ConnectorError. */
export async function* completeness(
  parts: CompletenessParts,
  { source, from, to, messageTypes: named }: Parameters<Operations['completeness']>[0],
  signal: AbortSignal,
): AsyncGenerator<CompletenessLine> {
  const cloud = cloudNamed(parts.clouds(), source);
  const span = spanOf({ from, to }, parts.clock.now());
  const readModel = parts.readModel();
  const { proof, message } = yield* proofOfSpan(
    { cloud, readModel, clock: parts.clock, ...span, messageTypes: typesMeant(cloud, named) },
    signal,
  );
  for (const cell of proof.cells) yield { kind: 'cell', cell: shownCell(cell) };
  const verdict = proof.state === 'whole' || proof.state === 'unprovable' ? proof.state : 'missing_or_surplus';
  const note = message === undefined ? {} : { note: message };
  yield { kind: 'end', snapshot: readModel.snapshot, verdict, cells: proof.states, ...note };
}

export interface SpanToProve extends TimeSpan {
  readonly cloud: XiqCloud;
  readonly readModel: ReadModel;
  readonly clock: Clock;
  readonly messageTypes: readonly string[];
}

/**
 * Their log first, our journal after it: what is in the log has had the time to be here. Returns the proof, and what else
 * there is to know of the difference.
 */
export async function* proofOfSpan(
  { cloud, readModel, clock, fromMs, toMs, messageTypes }: SpanToProve,
  signal: AbortSignal,
): AsyncGenerator<
  Extract<CompletenessLine, { kind: 'progress' | 'fetching' }>,
  { readonly proof: Proof; readonly message: string | undefined }
> {
  const difference = await clockDifference(readModel, cloud, signal);
  const { behindMs, aheadMs } = difference;
  const settleMs = settleMsOf(cloud, behindMs);
  const span = { fromMs, toMs, settleMs, maxWaitMs };
  // As the reading begins: it goes no further.
  const settledMs = clock.now() - settleMs;
  const hours = xiqHours();
  let fetched = 0;
  for (const messageType of messageTypes) {
    const type = logOfMessageType(messageType);
    if (type === undefined) continue;
    const { api, reader } = cloud;
    let here = 0;
    for await (const piece of fetchSpan({ api, reader, type, clock, signal, ...span })) {
      hours.add(messageType, piece);
      here += piece.events.length;
      fetched += piece.events.length;
      if (fetched > maxEvents) throw tooMany(maxEvents);
      yield { kind: 'fetching', messageType, fetched: here };
    }
  }
  const record = yield* keptRecord(readModel, { cloud, messageTypes, fromMs, toMs, aheadMs, maxEvents }, signal);
  const proof = proveCompleteness({ types: messageTypes, fromMs, toMs, xiq: hours.hours, settledMs, ...record });
  return { proof, message: clockText(difference) };
}

function shownCell(cell: Cell): CompletenessCell {
  const { type, hourMs, state, xiq, kept, destinations, missing, surplus, probablySame } = cell;
  const pairs =
    probablySame === 0
      ? undefined
      : `${probablySame} missing and as many surplus are probably the same, worded differently`;
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

const whyText = { notKept: 'never came', deadLettered: 'dead letter', waiting: 'not confirmed' } as const;

function shownEvent(event: MissingEvent | SurplusEvent, hourMs: number): CompletenessCell['missing'][number] {
  const { id, timeMs = hourMs, action, user, probably } = event;
  const why = 'why' in event ? whyText[event.why] + (event.destination ? ` at ${event.destination}` : '') : undefined;
  const message = [why, action, user, probably && `probably ${probably}`].filter((one) => one !== undefined);
  return { id, time: new Date(timeMs).toISOString(), ...(message.length > 0 && { message: message.join(', ') }) };
}

const hourMs = 3_600_000;

interface GrowingHour {
  readonly events: EventFacts[];
  doubt?: string | undefined;
}

/** Fetched pieces as the hours of a proof: of each event only what the proof needs. */
export function xiqHours() {
  const hours = new Map<string, Map<number, GrowingHour>>();
  return {
    /** Takes a piece of a message type's log, of any length. */
    add(messageType: string, { fromMs, toMs, events, doubt }: FetchedPiece): void {
      const ofType = hours.get(messageType) ?? new Map<number, GrowingHour>();
      hours.set(messageType, ofType);
      const hourAt = (timeMs: number): GrowingHour => {
        const at = Math.floor(timeMs / hourMs) * hourMs;
        const hour = ofType.get(at) ?? { events: [] };
        ofType.set(at, hour);
        return hour;
      };
      for (let at = fromMs; at < toMs; at = (Math.floor(at / hourMs) + 1) * hourMs) {
        const hour = hourAt(at);
        hour.doubt ??= doubt?.message;
      }
      for (const { id, timeMs, user, action } of events)
        hourAt(timeMs ?? fromMs).events.push({ id, timeMs, user, action });
    },
    /** What was taken, for `proveCompleteness`: every hour that a piece touches, also one without events. */
    hours,
  };
}
