// The progress of one message type in a back-fill: resumed, stored and shown.
import type { JobFetch } from '@xiq-siem/admin-api';
import type { BackfillProgress } from '@xiq-siem/state';
import { logOfMessageType } from '../rest/log-pages.ts';
import type { XiqAccount } from '../xiq-account.ts';
import { noLogText } from './request.ts';

export interface BackfillSpan {
  readonly job: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly forceDuplicates: boolean;
}

type TypeProgress = BackfillProgress['types'][number];

export interface TypeState extends Omit<TypeProgress, 'doubt'> {
  state: JobFetch['state'];
  message: string | undefined;
  /** From when on the log could not be read reliably, and why. */
  uncertainty?: { readonly fromMs: number; readonly message: string };
}

const minReportedMs = 1_000;

/** To the second. */
export const clockTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Reads an unreliable part again. */
export function resumeType({ doubt, ...one }: TypeProgress, toMs: number): TypeState {
  const fetchedToMs = Math.min(one.fetchedToMs, doubt?.fromMs ?? one.fetchedToMs);
  if (logOfMessageType(one.messageType) !== undefined)
    return { ...one, fetchedToMs, state: fetchedToMs < toMs ? 'running' : 'done', message: undefined };
  return { ...one, fetchedToMs, state: 'stopped', message: noLogText(one.messageType) };
}

/** With the names of the stored document. */
export function storedType({ state: _, message: __, uncertainty, ...one }: TypeState): TypeProgress {
  return { ...one, ...(uncertainty && { doubt: { fromMs: uncertainty.fromMs, message: uncertainty.message } }) };
}

export function finishType(type: TypeState, message: string | undefined): void {
  type.state = type.uncertainty === undefined ? 'done' : 'failed';
  type.message = type.uncertainty === undefined ? message : `not read reliably ${type.uncertainty.message}`;
}

export function shownType(
  { messageType, state, message, fetched, known, kept, fetchedToMs }: TypeState,
  { fromMs, toMs }: BackfillSpan,
  { api }: XiqAccount,
  nowMs: number,
): JobFetch {
  const counts = { done: Math.min(1, Math.max(0, (fetchedToMs - fromMs) / (toMs - fromMs))), fetched, known, kept };
  const { waitMs, perHour, remaining } = api.budget();
  if (state === 'running' && waitMs > minReportedMs) {
    const why = remaining === 0 ? `the ${perHour} requests per hour are used` : 'ExtremeCloud IQ requires a wait';
    return { messageType, ...counts, state: 'waiting', message: `until ${clockTime(nowMs + waitMs)}: ${why}` };
  }
  return { messageType, ...counts, state, ...(message !== undefined && { message }) };
}
