// One event in the common schema, on its way to every destination.
import type { EcsDocument } from './ecs.ts';

/** One element of a body, normalized. */
export interface NormalizedEvent {
  /** Number of the element within its body, by JSON structure alone: the same under every mapping. */
  readonly element: number;
  /** `event.id`: the same on every resend and replay. */
  readonly id: string;
  /** `event.dataset`. */
  readonly dataset: string;
  /** `@timestamp` in epoch milliseconds. */
  readonly timeMs: number;
  readonly document: EcsDocument;
  /** Why no destination is to be sent it, as a code: it counts as filtered everywhere. */
  readonly filtered?: 'duplicate_of_backfill';
}
