// One message type of a back-fill: how far it is, and what is shown of it.
import type { JobFetch } from '@xiq-siem/admin-api';
import type { BackfillProgress } from '@xiq-siem/state';
import type { XiqCloud } from '../cloud.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import { noLogText } from './request.ts';

export interface BackfillSpan {
  readonly job: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly forceDuplicates: boolean;
}

type TypeProgress = BackfillProgress['types'][number];

export interface TypeState extends TypeProgress {
  state: JobFetch['state'];
  message: string | undefined;
}

const worthSayingMs = 1_000;

/** For a person, to the second. */
export const clockTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** One that could not be read for certain is read again from there. */
export function asBegun({ doubt, ...one }: TypeProgress, toMs: number): TypeState {
  const fetchedToMs = Math.min(one.fetchedToMs, doubt?.fromMs ?? one.fetchedToMs);
  if (logOfMessageType(one.messageType) !== undefined)
    return { ...one, fetchedToMs, state: fetchedToMs < toMs ? 'running' : 'done', message: undefined };
  return { ...one, fetchedToMs, state: 'stopped', message: noLogText(one.messageType) };
}

export function finish(type: TypeState, message: string | undefined): void {
  type.state = type.doubt === undefined ? 'done' : 'failed';
  type.message = type.doubt === undefined ? message : `not read for certain ${type.doubt.message}`;
}

export function shownType(
  { messageType, state, message, fetched, known, kept, fetchedToMs }: TypeState,
  { fromMs, toMs }: BackfillSpan,
  { api }: XiqCloud,
  nowMs: number,
): JobFetch {
  const counts = { done: Math.min(1, Math.max(0, (fetchedToMs - fromMs) / (toMs - fromMs))), fetched, known, kept };
  const { waitMs, perHour, remaining } = api.budget();
  if (state === 'running' && waitMs > worthSayingMs) {
    const why = remaining === 0 ? `the ${perHour} requests an hour are used up` : 'ExtremeCloud IQ asks us to wait';
    return { messageType, ...counts, state: 'waiting', message: `until ${clockTime(nowMs + waitMs)}: ${why}` };
  }
  return { messageType, ...counts, state, ...(message !== undefined && { message }) };
}
