// Plants one fault of each kind at a destination, so that a run can show that the oracle reports it.
import type { FakeDestination } from './destinations/destination.ts';
import type { Ledger } from './ledger.ts';

/** What each plant must be reported as. */
export const plants = {
  /** A destination loses an event after it confirmed it. */
  loss: 'loss',
  /** An event that nobody sent. */
  ghost: 'ghost',
  /** One more copy of a confirmed event. */
  duplicate: 'duplicate',
  /** A copy under the id of another event. */
  mislabel: 'mislabel',
} as const;
export type Plant = keyof typeof plants;

export function plantFault(plant: Plant, { arrivals }: FakeDestination, { sent }: Ledger): void {
  const [first, second] = arrivals.elements().filter(({ hash }) => (sent.get(hash)?.receipts.length ?? 0) === 1);
  if (first === undefined || second === undefined) throw new Error('too few events to plant a fault');
  const now = performance.now();
  if (plant === 'ghost') arrivals.addCopy({ ...first, id: 'ghost', hash: 'ghost', text: 'nobody sent this' }, now);
  if (plant === 'duplicate') arrivals.addCopy(first, now);
  if (plant === 'duplicate' || plant === 'ghost') return;
  for (const copy of [...first.copies]) arrivals.remove(copy);
  if (plant === 'mislabel') arrivals.addCopy({ ...first, id: second.id }, now);
}
