// Compares the counters of a destination, and the headline of `status`, with what the oracle sees.
import type { Gap, Status } from '@xiq-siem/admin-api';
import type { FakeDestination } from './destinations/destination.ts';
import type { Finding } from './findings.ts';
import { type Ledger, sequenceOf } from './ledger.ts';

/** The counters start again when the position is removed. */
export function counterFindings(
  { name, arrivals, deduplicates }: FakeDestination,
  { sent }: Ledger,
  { destinations, gaps }: Status,
  isReset: boolean,
  /** Events that were delivered and are missing: they have their own findings. */
  missing: number,
): readonly Finding[] {
  const state = destinations.find((destination) => destination.name === name);
  if (state === undefined) return [{ kind: 'counters', text: 'status does not list it' }];
  const { delivered, deadLettered, damaged } = state.counters;
  const known = arrivals.elements().filter(({ hash, isHealthEvent }) => isHealthEvent || sent.has(hash));
  const events = new Set(known.map(({ receipt, hash }) => `${receipt} ${hash}`)).size;
  const isEvicted = evictedAt(name, gaps);
  // These arrived, but their verdict was another one.
  const otherwise = known.filter(({ receipt }) => isEvicted(sequenceOf(receipt))).length + deadLettered;
  // With one document for each id, a body that was sent twice arrives once.
  const resent = deduplicates ? [...sent.values()].reduce((sum, { receipts }) => sum + receipts.length, 0) : 0;
  const evicted = gaps.reduce((sum, gap) => sum + (gap.destination === name ? gap.bodies : 0), 0);
  const arrived = new Set(known.map(({ receipt }) => receipt));
  const owed = new Set([...sent.values()].flatMap(({ receipts }) => receipts));
  const absent = [...owed].filter((receipt) => isEvicted(sequenceOf(receipt)) && !arrived.has(receipt)).length;
  const wrong: string[] = [];
  if (delivered > events + resent + missing) wrong.push(`delivered is ${delivered}, but ${events} events arrived`);
  if (!isReset && delivered + otherwise < events) wrong.push(`delivered is ${delivered}, but ${events} events arrived`);
  // A body that was in memory when it was evicted is still delivered.
  if (!isReset && damaged > evicted) wrong.push(`damaged is ${damaged}, but the gaps have ${evicted} bodies`);
  if (!isReset && damaged < absent)
    wrong.push(`damaged is ${damaged}, but ${absent} bodies in the gaps did not arrive`);
  return wrong.map((text) => ({ kind: 'counters', text }));
}

/** `headline`: what the command prints first. */
export function statusFindings(status: Status, headline: string, exitCode: number | null): readonly Finding[] {
  const { reconciled, gaps, deadLetters, journal } = status;
  const wrong: string[] = [];
  if (!reconciled) wrong.push(`the counters do not reconcile: ${headline}`);
  const problems = [
    ...(gaps.length > 0 ? ['retention gaps'] : []),
    ...(journal.lost.length > 0 ? ['lost bodies'] : []),
  ];
  if (problems.length > 0 && /nothing is lost/i.test(headline))
    wrong.push(`"${headline}" although it has ${problems.join(', ')}`);
  if ((problems.length > 0 || deadLetters.open > 0) && exitCode === 0)
    wrong.push('exit code 0 with losses or dead letters');
  return wrong.map((text) => ({ kind: 'headline', text }));
}

/** Whether a gap of the destination contains a body. */
export function evictedAt(name: string, gaps: readonly Gap[]): (sequence: number) => boolean {
  const own = gaps.filter(({ destination }) => destination === name);
  return (sequence) => own.some(({ fromSequence, toSequence }) => fromSequence <= sequence && sequence <= toSequence);
}
