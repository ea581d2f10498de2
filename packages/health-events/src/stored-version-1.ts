// Converts stored health events of version 1 to the current names.
import { z } from 'zod';
import { healthEventVersion } from './content.ts';

const actions: ReadonlyMap<string, string> = new Map([
  ['gap-opened', 'retention-gap-opened'],
  ['source-heard', 'source-recovered'],
  ['subscription-mended', 'subscription-fixed'],
  ['public-url-wrong', 'public-url-check-failed'],
  ['signals-left-out', 'health-events-dropped'],
]);

const attributeNames: ReadonlyMap<string, string> = new Map([
  ['held_events', 'blocked_events'],
  ['sum.difference', 'counters.unaccounted'],
  ['sum.holds', 'counters.reconciled'],
  ...['normalized', 'delivered', 'degraded', 'duplicate', 'dead_lettered', 'filtered', 'damaged'].map(
    (name) => [`sum.${name}`, `counters.${name}`] as const,
  ),
]);

const version1 = z.looseObject({
  version: z.literal(1),
  action: z.string(),
  words: z.unknown().optional(),
  facts: z.record(z.string(), z.unknown()),
});

export interface StoredHealthEvent {
  readonly value: unknown;
  /** The action as the journal has it. The event id contains it, so that a new name does not change the id. */
  readonly storedAction?: string;
}

/** Any element that is not of version 1 is returned unchanged. */
export function toCurrentVersion(element: unknown): StoredHealthEvent {
  const old = version1.safeParse(element).data;
  if (old === undefined) return { value: element };
  const { action, words, facts, ...others } = old;
  const attributes = Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [attributeNames.get(name) ?? name, value]),
  );
  const current = { version: healthEventVersion, action: actions.get(action) ?? action, message: words, attributes };
  return { value: { ...others, ...current }, storedAction: action };
}
