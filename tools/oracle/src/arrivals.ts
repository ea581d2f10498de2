// What arrived at one destination: each element with its copies, and until when a copy may be sent again.
import { z } from 'zod';
import { hashOf } from './ledger.ts';

export interface Copy {
  readonly element: Arrived;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
  /** When the destination had confirmed it. Undefined: it never did, so the connector must send it again. */
  confirmedAt: number | undefined;
}

export interface Arrived {
  readonly id: string;
  readonly receipt: string;
  readonly hash: string;
  /** The text if it has no `event.original`, or its start. For reports. */
  readonly text: string;
  /** An event of the connector about itself. */
  readonly isHealthEvent: boolean;
  readonly copies: Copy[];
}

export interface EventFields {
  readonly id: string;
  readonly dataset: string;
  readonly receipt: string;
  readonly original: string | undefined;
}

const document = z.object({
  event: z.object({ id: z.string(), dataset: z.string(), original: z.string().optional() }),
  extreme: z.object({ xiq: z.object({ receipt: z.string() }) }),
});

/** Of a whole document. Throws for anything else. */
export function fieldsOf(value: unknown): EventFields {
  const { event, extreme } = document.parse(value);
  return { id: event.id, dataset: event.dataset, original: event.original, receipt: extreme.xiq.receipt };
}

const keyOf = ({ receipt, hash, id }: Omit<Arrived, 'copies'>): string => `${receipt} ${hash} ${id}`;

export type Arrivals = ReturnType<typeof createArrivals>;

export function createArrivals(name: string) {
  const elements = new Map<string, Arrived>();
  const copiesByHash = new Map<string, number>();

  function addCopy(given: Omit<Arrived, 'copies'>, confirmedAt?: number): Copy {
    const { hash } = given;
    const element = elements.get(keyOf(given)) ?? { ...given, copies: [] };
    elements.set(keyOf(given), element);
    const copy: Copy = { element, at: performance.now(), confirmedAt };
    element.copies.push(copy);
    copiesByHash.set(hash, (copiesByHash.get(hash) ?? 0) + 1);
    return copy;
  }

  function addArrival({ id, dataset, receipt, original }: EventFields, confirmedAt?: number): Copy {
    const isHealthEvent = dataset === 'extreme_xiq.connector';
    const hash = isHealthEvent ? `self:${id}` : hashOf(original ?? id);
    return addCopy({ id, receipt, hash, text: (original ?? id).slice(0, 120), isHealthEvent }, confirmedAt);
  }

  /** Removes a copy that the destination lost. */
  function removeArrival(copy: Copy): void {
    const { element } = copy;
    element.copies.splice(element.copies.indexOf(copy), 1);
    const left = (copiesByHash.get(element.hash) ?? 1) - 1;
    if (left > 0) copiesByHash.set(element.hash, left);
    else copiesByHash.delete(element.hash);
    if (element.copies.length === 0) elements.delete(keyOf(element));
  }

  return {
    name,
    add: addArrival,
    /** A copy of an element as it is. */
    addCopy,
    remove: removeArrival,
    has: (hash: string): boolean => copiesByHash.has(hash),
    /** One entry for each receipt, text and id. */
    elements: (): readonly Arrived[] => [...elements.values()],
  };
}

export const confirm = (copies: readonly Copy[]): void => {
  for (const copy of copies) copy.confirmedAt = performance.now();
};
