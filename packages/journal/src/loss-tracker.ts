// Tracks lost spans: logs and counts each one once, and lists them. Evictions are logged by the retention.
import type { Logger, LostSpan } from '@xiq-siem/core';
import type { JournalMeter } from './metrics.ts';

export type DamageKind = 'payload' | 'header' | 'gap' | 'tail';

/** Sequences of this log increase by one, so that a span determines its number of bodies. */
export type FoundSpan = Omit<LostSpan, 'bodies'>;

export type LossTracker = ReturnType<typeof createLossTracker>;

/** The oldest spans are removed first. They were logged and counted. */
const maxSpans = 1000;

export function createLossTracker(log: Logger, meter: JournalMeter) {
  const spans: LostSpan[] = [];

  /** Logs and counts a span, unless a reported one contains it. Without a `kind` it does not count as damage. */
  function reportSpan(found: FoundSpan, kind: DamageKind | undefined): void {
    const span = spanOf(found);
    const known = spans.some((s) => s.fromSequence <= span.fromSequence && s.toSequence >= span.toSequence);
    if (known) return;
    spans.push(span);
    if (spans.length > maxSpans) spans.shift();
    const { fromSequence, toSequence, bodies, reason, bytes, where } = span;
    if (reason === 'evicted') return;
    log.error('journal.bodies_lost', { fromSequence, toSequence, bodies, reason, bytes, where });
    if (kind !== undefined) meter.add('xiq_siem.journal.damaged_records', bodies, { kind });
  }
  return { report: reportSpan, spans: (): readonly LostSpan[] => [...spans] };
}

export function spanOf(found: FoundSpan): LostSpan & { readonly bodies: number } {
  return { ...found, bodies: found.toSequence - found.fromSequence + 1 };
}
