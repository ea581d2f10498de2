// The first line of `status`: the worst problem; and its exit code.
import { type Problem, problemTable, type Status } from '@xiq-siem/admin-api';
import type { Colour } from '../terminal/colours.ts';
import { counted } from '../terminal/units.ts';

export interface Headline {
  readonly text: string;
  readonly colour: Colour;
}

/** Summaries in one headline. */
const maxSummaries = 3;

export const severityColours: Readonly<Record<Problem['severity'], Colour>> = {
  critical: 'red',
  error: 'red',
  warning: 'yellow',
  notice: 'yellow',
};

/** The caller must escape the text before printing. */
export function headlineOf({ problems }: Pick<Status, 'problems'>): Headline {
  const [worst] = problems;
  if (worst === undefined) return { text: 'Nothing is lost: every event is accounted for', colour: 'green' };
  // All problems of the worst kind: three destinations may be down.
  const group = problems.filter(({ code }) => code === worst.code);
  const shown = group.slice(0, maxSummaries).map(({ summary }) => summary);
  const hidden = group.length - shown.length;
  const others = problems.length - group.length;
  const parts = [
    `${problemTable[worst.code].label}: ${shown.join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`,
    ...(others > 0 ? [counted(others, 'other problem')] : []),
    ...(problems.every(({ code }) => problemTable[code].nothingLost) ? ['nothing is lost'] : []),
  ];
  return { text: parts.join('; '), colour: severityColours[worst.severity] };
}

/** True if `status` exits 1. */
export const needsOperator = ({ problems }: Pick<Status, 'problems'>): boolean =>
  problems.some(({ severity }) => severity !== 'notice');
