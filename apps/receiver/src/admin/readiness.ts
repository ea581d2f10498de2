// Whether a webhook would be accepted now, and what else an operator likes to know.
import type { SourceState } from '@xiq-siem/admin-api';
import type { Delivery } from '@xiq-siem/delivery';
import type { Journal } from '@xiq-siem/journal';
import type { ReceivingSource } from '@xiq-siem/pipeline';
import type { Counters } from '../telemetry/counters.ts';
import type { Readiness } from './admin.ts';

export interface ReadinessInput {
  readonly journal: Journal;
  readonly delivery: Delivery;
  readonly sources: ReadonlyMap<string, ReceivingSource>;
  readonly counters: Counters;
  readonly stopping: () => boolean;
  /** What is known of each source. */
  readonly states: () => readonly SourceState[];
}

/** Why no webhook would be accepted now; none: one would. */
export function readinessReasons({
  journal,
  sources,
  stopping,
}: Pick<ReadinessInput, 'journal' | 'sources' | 'stopping'>): readonly string[] {
  const acceptance = journal.acceptance();
  return [
    ...(stopping() ? ['stopping'] : []),
    ...(acceptance.ok ? [] : [acceptance.code]),
    ...[...sources].flatMap(([name, { secrets }]) => (secrets.current().length > 0 ? [] : [`no_secret:${name}`])),
  ];
}

export function readinessOf(input: ReadinessInput): Readiness {
  const { journal, delivery, counters } = input;
  const reasons = readinessReasons(input);
  const { nextSequence, ...extent } = journal.extent();
  // What was let go stands in the gaps, one for each destination, rather than once for each file of it.
  const lost = journal.lostSpans().filter(({ reason }) => reason !== 'letGo');
  return {
    ready: reasons.length === 0,
    reasons,
    information: {
      journal: { ...extent, nextSequence, lost, letGo: journal.letGoGaps() },
      destinations: delivery.status().map((status) => ({ ...status, lagBodies: nextSequence - status.sequence })),
      sources: input.states(),
      counters: counters.snapshot(),
    },
  };
}
