// The one line that status begins with: is anything lost?
import type { Status } from '@xiq-siem/admin-api';
import type { Colour } from '../terminal/colours.ts';
import { counted } from '../terminal/units.ts';
import { sourceTroubles } from './source-troubles.ts';

export interface Verdict {
  readonly text: string;
  readonly colour: Colour;
}

export function verdictOf({ holds, destinations, gaps, journal }: Status): Verdict {
  if (!holds) {
    const unknown = destinations.reduce(
      (sum, { sum: { difference }, deadLetters }) => sum + Math.abs(difference) + Math.abs(deadLetters.difference),
      0,
    );
    return { text: `UNKNOWN FATE: ${counted(unknown, 'event')}: a sum does not hold`, colour: 'red' };
  }
  const lost = journal.lost.reduce((sum, { fromSequence, toSequence }) => sum + toSequence - fromSequence + 1, 0);
  const letGo = gaps.reduce((sum, { bodies }) => sum + bodies, 0);
  const parts = [
    ...(lost > 0 ? [`${counted(lost, 'body', 'bodies')} cannot be read any more`] : []),
    ...(letGo > 0 ? [`${counted(letGo, 'body', 'bodies')} let go that a destination wanted`] : []),
  ];
  if (parts.length > 0) return { text: `LOST: ${parts.join(', ')}; every sum holds`, colour: 'red' };
  // The destinations read the same bodies, each for itself.
  const damaged = Math.max(0, ...destinations.map(({ sum }) => sum.damaged));
  if (damaged > 0) return { text: `Every sum holds; ${counted(damaged, 'body', 'bodies')} damaged`, colour: 'yellow' };
  return { text: 'Nothing is lost: every sum holds', colour: 'green' };
}

/** Whether something needs a person: the exit code of `status`. */
export function needsPerson(status: Status): boolean {
  const { holds, accepting, gaps, notConfigured, deadLetters, journal, destinations, sources = [] } = status;
  return (
    !holds ||
    // A connector that is stopped accepts nothing.
    accepting?.ok !== true ||
    deadLetters.open > 0 ||
    gaps.length > 0 ||
    journal.lost.length > 0 ||
    notConfigured.length > 0 ||
    destinations.some(({ state, held }) => state === 'paused' || held !== undefined) ||
    sources.some((source) => sourceTroubles(source).length > 0)
  );
}
