// What the status of a sent message (SMS, e-mail) means: the REST API's enumeration, and nothing guessed beyond it.
import type { Places } from '../places.ts';

export const noticeOutcomes: Readonly<Record<string, Places['event.outcome']>> = {
  SEND_OUT: 'unknown',
  COMPLETE: 'success',
  SUCCESS: 'success',
  FAIL: 'failure',
};

const outcomes: ReadonlyMap<string, Places['event.outcome']> = new Map(Object.entries(noticeOutcomes));

export const noticeOutcome = (status: string | undefined): Places['event.outcome'] | undefined =>
  status === undefined ? undefined : outcomes.get(status.trim().toUpperCase());
