// Ground truth for tests: the events that were created, and their deliveries.
import { z } from 'zod';
import type { EventStore } from './events/event-store.ts';
import { messageTypeSchema } from './faults.ts';
import type { SimulatedEvent } from './simulated-event.ts';

const timeMs = z.int().min(-8_640_000_000_000_000).max(8_640_000_000_000_000);

export const truthQuerySchema = z.strictObject({
  /** Epoch ms, inclusive. */
  from: timeMs.optional(),
  /** Epoch ms, inclusive. */
  to: timeMs.optional(),
  types: z.array(messageTypeSchema).min(1).optional(),
  /** The user name. */
  account: z.string().optional(),
  offset: z.int().min(0).default(0),
  limit: z.int().min(1).optional(),
});
export type TruthQuery = z.input<typeof truthQuerySchema>;

export interface Truth {
  /** Number of events that match the query, regardless of offset and limit. */
  readonly total: number;
  /** Number of evicted events of all types. Where it is not 0, the oldest events are missing. */
  readonly forgotten: number;
  /** By time, then by creation. */
  readonly events: readonly SimulatedEvent[];
}

/** Throws a ZodError. */
export function truthOf(store: EventStore, query: TruthQuery): Truth {
  const { offset, limit, ...wanted } = truthQuerySchema.parse(query);
  const found = store.find(wanted);
  const events = found.slice(offset, limit === undefined ? undefined : offset + limit);
  return { total: found.length, forgotten: store.forgotten(), events };
}
