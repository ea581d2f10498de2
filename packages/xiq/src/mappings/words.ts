// Words by which mappings classify: statuses, and the operator's codes.

import { cachedByText } from '../cached-by-text.ts';
import type { TargetFields } from '../document/target-fields.ts';
import type { Classification, Meanings } from './mapping.ts';

type Outcome = NonNullable<TargetFields['event.outcome']>;

/** The form of a code or word in tables: in upper case, with `_` between its parts. `In progress` becomes `IN_PROGRESS`. */
export const statusWord = cachedByText((text) =>
  text
    .trim()
    .toUpperCase()
    .replace(/[\s_-]+/g, '_'),
);

const noReason: ReadonlySet<string> = new Set(['0', '-', 'NONE', 'N/A'].map(statusWord));

/** A reason or cause. Undefined for what senders write if there is none. */
export const statedReason = (text: string | undefined): string | undefined =>
  text === undefined || noReason.has(statusWord(text)) ? undefined : text;

const success = 'COMPLETE COMPLETED DELIVERED DONE FINISHED OK SENT SUCCEEDED SUCCESS SUCCESSFUL';
const failure = 'BOUNCED ERROR EXPIRED FAIL FAILED FAILURE NOT_DELIVERED NOT_SENT REJECTED UNDELIVERABLE UNDELIVERED';

/** The outcome of a status. Any other status, such as `SEND_OUT` or `In progress`, leaves it unknown. */
export const outcomeWords: ReadonlyMap<string, Outcome> = new Map([
  ...success.split(' ').map((word) => [word, 'success'] as const),
  ...failure.split(' ').map((word) => [word, 'failure'] as const),
]);

/** The outcome by a status. The operator's words override the built-in ones. Undefined without a status. */
export function outcomeOf(status: string | undefined, { statusWords }: Meanings): Outcome | undefined {
  if (status === undefined) return undefined;
  const word = statusWord(status);
  return statusWords.get(word) ?? outcomeWords.get(word) ?? 'unknown';
}

/** The operator's classification by the first code or word that has one. */
export function operatorsClassification(
  { codes }: Meanings,
  ...words: readonly (string | undefined)[]
): Classification | undefined {
  if (codes.size === 0) return undefined;
  for (const word of words) {
    const found = word === undefined ? undefined : codes.get(statusWord(word));
    if (found !== undefined) return found;
  }
  return undefined;
}
