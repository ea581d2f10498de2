// What was lost: each span said once, counted once, and kept for those who ask.
import type { Logger, LostSpan } from '@xiq-siem/core';
import type { JournalMeter } from './metrics.ts';

export type DamageKind = 'payload' | 'header' | 'gap' | 'tail';

/** Sequences of this log rise by one: a span of them says how many bodies it has. */
export type FoundSpan = Omit<LostSpan, 'bodies'>;

export type LossTracker = ReturnType<typeof createLossTracker>;

/** Spans kept: the oldest are forgotten first. They were logged and counted. */
const maxSpans = 1000;

export function createLossTracker(log: Logger, meter: JournalMeter) {
  const spans: LostSpan[] = [];
  return {
    /** Says and counts a span, unless one that holds it was said before. Without a `kind` it is no damage and not counted as such. */
    report(found: FoundSpan, kind: DamageKind | undefined): void {
      const span = spanOf(found);
      const known = spans.some((s) => s.fromSequence <= span.fromSequence && s.toSequence >= span.toSequence);
      if (known) return;
      spans.push(span);
      if (spans.length > maxSpans) spans.shift();
      const { fromSequence, toSequence, bodies, reason, bytes, where } = span;
      log.error('journal.bodies_lost', { fromSequence, toSequence, bodies, reason, bytes, where });
      if (kind !== undefined) meter.add('xiq_siem.journal.damaged_records', bodies, { kind });
    },
    spans: (): readonly LostSpan[] => [...spans],
  };
}

export function spanOf(found: FoundSpan): LostSpan & { readonly bodies: number } {
  return { ...found, bodies: found.toSequence - found.fromSequence + 1 };
}
