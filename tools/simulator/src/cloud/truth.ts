// The truth: what happened, and to whom it was told, for a test to compare with.
import { z } from 'zod';
import type { EventStore } from './events/event-store.ts';
import { messageTypeSchema } from './faults.ts';
import type { SimulatedEvent } from './simulated-event.ts';

const timeMs = z.int().min(-8_640_000_000_000_000).max(8_640_000_000_000_000);

export const truthQuerySchema = z.strictObject({
  /** Epoch ms; events of this time and later. */
  from: timeMs.optional(),
  /** Epoch ms; events of this time too. */
  to: timeMs.optional(),
  types: z.array(messageTypeSchema).min(1).optional(),
  /** The user name. */
  account: z.string().optional(),
  offset: z.int().min(0).default(0),
  limit: z.int().min(1).optional(),
});
export type TruthQuery = z.input<typeof truthQuerySchema>;

export interface Truth {
  /** Events that answer the query, whatever offset and limit are. */
  readonly total: number;
  /** Events of all kinds that were let go to make room: where this is not 0, the truth has a hole at its beginning. */
  readonly forgotten: number;
  /** By time, those of one time as they were made. */
  readonly events: readonly SimulatedEvent[];
}

/** Throws a ZodError. */
export function truthOf(store: EventStore, query: TruthQuery): Truth {
  const { offset, limit, ...wanted } = truthQuerySchema.parse(query);
  const found = store.find(wanted);
  const events = found.slice(offset, limit === undefined ? undefined : offset + limit);
  return { total: found.length, forgotten: store.forgotten(), events };
}
