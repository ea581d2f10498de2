// Creates a problem, and formats the figures of its texts.
import { type Problem, type ProblemCode, problemTable } from '@xiq-siem/admin-api';

/** `next` in place of the usual one of the code. */
type Texts = Pick<Problem, 'subject' | 'summary' | 'text'> & { readonly next?: string | undefined };

export function newProblem(code: ProblemCode, { next, ...texts }: Texts): Problem {
  return { code, severity: problemTable[code].severity, ...texts, next: next ?? usualNext(code) };
}

/** The sentence of the table, as it follows "Next: ". */
function usualNext(code: ProblemCode): string {
  const { next } = problemTable[code];
  return next.charAt(0).toLowerCase() + next.slice(1).replace(/\.$/, '');
}

export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;

export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** "12 min ago", from ISO 8601 texts. */
export const ago = (at: string, since: string): string =>
  `${duration(Math.max(0, Date.parse(at) - Date.parse(since)) / 1000)} ago`;

export const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
