// What the status of a sent message (SMS, e-mail) means: the REST API's enumeration, and nothing guessed beyond it.
import type { Meanings, NoticeOutcome } from '../meanings.ts';

export const noticeOutcomes: Readonly<Record<string, NoticeOutcome>> = {
  SEND_OUT: 'unknown',
  COMPLETE: 'success',
  SUCCESS: 'success',
  FAIL: 'failure',
};

const outcomes: ReadonlyMap<string, NoticeOutcome> = new Map(Object.entries(noticeOutcomes));

/** A status as it is looked up: however it is cased. */
export const statusWord = (status: string): string => status.trim().toUpperCase();

/** An operator's word comes before ours. */
export function noticeOutcome(status: string | undefined, { statusWords }: Meanings): NoticeOutcome | undefined {
  if (status === undefined) return undefined;
  const word = statusWord(status);
  return statusWords.get(word) ?? outcomes.get(word);
}
