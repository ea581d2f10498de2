// Says which events became dead letters, without a line for each of them in a storm.
import type { Facts, Logger } from '@xiq-siem/core';
import type { Clock } from './clock.ts';

export interface DeadLetterLines {
  /** The first of a code is said at once, those of the minute after it in one line at its end: `events` are counted. */
  note(code: string, facts: Facts): void;
  /** Epoch milliseconds at which there is something to say; infinite if there is nothing. */
  dueMs(): number;
  sayIfDue(): void;
  /** Says what is left, whatever the time. */
  sayRest(): void;
}

const foldMs = 60_000;

/** What came of one code since its last line. */
interface Fold {
  readonly untilMs: number;
  events: number;
  facts: Facts;
}

export function createDeadLetterLines(log: Logger, clock: Clock): DeadLetterLines {
  // As many as there are codes.
  const folds = new Map<string, Fold>();

  const say = (code: string, events: number, facts: Facts) => {
    log.warn('delivery.dead_letter', { ...facts, code, events });
    folds.set(code, { untilMs: clock.now() + foldMs, events: 0, facts });
  };
  const sayThose = (isDue: (fold: Fold) => boolean) => {
    for (const [code, fold] of [...folds]) {
      if (!isDue(fold)) continue;
      folds.delete(code);
      if (fold.events > 0) say(code, fold.events, fold.facts);
    }
  };
  const sayIfDue = () => sayThose(({ untilMs }) => untilMs <= clock.now());
  return {
    sayIfDue,
    sayRest: () => sayThose(() => true),
    note(code, facts) {
      sayIfDue();
      const fold = folds.get(code);
      if (fold === undefined) return say(code, 1, facts);
      fold.events++;
      fold.facts = facts;
    },
    dueMs: () =>
      [...folds.values()].reduce(
        (due, { events, untilMs }) => (events > 0 ? Math.min(due, untilMs) : due),
        Number.POSITIVE_INFINITY,
      ),
  };
}
