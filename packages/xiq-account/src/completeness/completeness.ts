// `completeness`: what ExtremeCloud IQ logged of a span, held against what we kept and what every destination has.
import type { CompletenessCell, CompletenessLine, Operations } from '@xiq-siem/admin-api';
import type { Evidence } from '@xiq-siem/queries';
import { spanOf } from '../backfill/backfill-kind.ts';
import { clockDifference, clockWords } from '../backfill/clock-difference.ts';
import { fetchSpan } from '../backfill/fetch-span.ts';
import { pieceLimits, settleMsOf } from '../backfill/fetching.ts';
import { logOfMessageType } from '../backfill/log-message-types.ts';
import { cloudNamed, namesIn, typesMeant } from '../backfill/which-source.ts';
import type { XiqCloud } from '../cloud.ts';
import type { ApiClock } from '../rest/api-clock.ts';
import { keptRecord, tooMany } from './kept-record.ts';
import type { Cell, MissingEvent, Proof, SurplusEvent } from './proof.ts';
import { proveCompleteness } from './prove-completeness.ts';
import { xiqHours } from './xiq-hours.ts';

export interface CompletenessParts {
  clouds(): ReadonlyMap<string, XiqCloud>;
  evidence(): Evidence;
  readonly clock: ApiClock;
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
  const evidence = parts.evidence();
  const { proof, words } = yield* proofOfSpan(
    { cloud, evidence, clock: parts.clock, ...span, messageTypes: typesMeant(cloud, namesIn(named)) },
    signal,
  );
  for (const cell of proof.cells) yield { kind: 'cell', cell: shownCell(cell) };
  const verdict = proof.state === 'whole' || proof.state === 'unprovable' ? proof.state : 'missing_or_surplus';
  const note = words === undefined ? {} : { note: words };
  yield { kind: 'end', snapshot: evidence.snapshot, verdict, cells: proof.states, ...note };
}

export interface SpanToProve {
  readonly cloud: XiqCloud;
  readonly evidence: Evidence;
  readonly clock: ApiClock;
  readonly fromMs: number;
  readonly toMs: number;
  readonly messageTypes: readonly string[];
}

interface Proved {
  readonly proof: Proof;
  /** What else there is to know of the difference. */
  readonly words: string | undefined;
}

type Told = Extract<CompletenessLine, { kind: 'progress' | 'fetching' }>;

/** Their log first, our journal after it: what is in the log has had the time to be here. */
export async function* proofOfSpan(
  { cloud, evidence, clock, fromMs, toMs, messageTypes }: SpanToProve,
  signal: AbortSignal,
): AsyncGenerator<Told, Proved> {
  const difference = await clockDifference(evidence, cloud, signal);
  const { behindMs, aheadMs } = difference;
  const settleMs = settleMsOf(cloud, behindMs);
  const span = { fromMs, toMs, settleMs, maxWaitMs, ...pieceLimits };
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
  const record = yield* keptRecord(evidence, { cloud, messageTypes, fromMs, toMs, aheadMs, maxEvents }, signal);
  const proof = proveCompleteness({ types: messageTypes, fromMs, toMs, xiq: hours.hours, settledMs, ...record });
  return { proof, words: clockWords(difference) };
}

function shownCell(cell: Cell): CompletenessCell {
  const { type, hourMs, state, xiq, kept, destinations, missing, surplus, probablySame } = cell;
  const pairs =
    probablySame === 0
      ? undefined
      : `${probablySame} missing and as many surplus are probably the same, worded differently`;
  const why = [cell.reason?.message, pairs].filter((one) => one !== undefined);
  return {
    ...{ messageType: type, hour: new Date(hourMs).toISOString(), state, xiq: xiq ?? null, kept },
    ...(why.length > 0 && { reason: why.join('; ') }),
    destinations: destinations.map((one) => ({ ...one })),
    missing: missing.events.map((event) => shownEvent(event, hourMs)),
    missingCount: missing.count,
    surplus: surplus.events.map((event) => shownEvent(event, hourMs)),
    surplusCount: surplus.count,
  };
}

const whyWords = { notKept: 'never came', deadLettered: 'dead letter', waiting: 'not confirmed' } as const;

function shownEvent(event: MissingEvent | SurplusEvent, hourMs: number): CompletenessCell['missing'][number] {
  const { id, timeMs = hourMs, action, user, probably } = event;
  const why = 'why' in event ? whyWords[event.why] + (event.destination ? ` at ${event.destination}` : '') : undefined;
  const words = [why, action, user, probably && `probably ${probably}`].filter((one) => one !== undefined);
  return { id, time: new Date(timeMs).toISOString(), ...(words.length > 0 && { words: words.join(', ') }) };
}
