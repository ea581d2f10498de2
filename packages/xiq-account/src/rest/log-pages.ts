// The log endpoints: a span of one log, page by page, each event as its own text.
import { ConnectorError } from '@xiq-siem/core';
import { itemSpans, type MessageType, memberSpan } from '@xiq-siem/xiq';
import { z } from 'zod';
import { invalidResponse } from './api-errors.ts';
import type { Call } from './caller.ts';
import { parseResponse } from './parse-response.ts';

/** The logs that ExtremeCloud IQ can be asked for, with the message type that webhooks have for the same events. */
export const messageTypeOfLog = {
  audit: 'AUDIT_LOG_ALL',
  auth: 'AUTHENTICATION_LOG_ALL',
  accounting: 'ACCOUNTING_LOG_ALL',
  credential: 'CREDENTIAL_LOG_ALL',
  email: 'EMAIL_LOG_ALL',
  sms: 'SMS_LOG_ALL',
} as const satisfies Record<string, MessageType>;

export type LogType = keyof typeof messageTypeOfLog;

export const logTypes: readonly LogType[] = ['audit', 'auth', 'accounting', 'credential', 'email', 'sms'];

/** The log that holds a message type's events: none for GDPR, LOCATION and unknown types. */
export const logOfMessageType = (messageType: string): LogType | undefined =>
  logTypes.find((type) => messageTypeOfLog[type] === messageType);

export interface LogSpan {
  /** Epoch milliseconds. Whether either end belongs to the span is not public: look at each event's own time. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Events of a page, 1 to 100; 100 where it is not said. */
  readonly pageSize?: number;
  /** The longest wait for the request budget, a page; that of the API where it is not said. */
  readonly maxWaitMs?: number | undefined;
}

export interface LogPage {
  /** Each event's JSON as it was sent, so that no number is rounded and nothing is lost. */
  readonly elements: readonly string[];
  /** From 1. */
  readonly page: number;
  /** Of the span, as of this page: where it changes on the way, pages have shifted and the span is to be read again. */
  readonly totalCount: number;
  readonly totalPages: number;
}

const maxPages = 1_000_000;

const envelope = z.looseObject({
  data: z.array(z.unknown()),
  page: z.int().nullish(),
  total_pages: z.int().nonnegative(),
  total_count: z.int().nonnegative(),
});

/**
 * The pages of a span, read as they are asked for; an empty span has one page. Rejects with a ConnectorError, or with
 * the signal's reason when it fires.
 */
export async function* readLog(call: Call, type: LogType, span: LogSpan, signal: AbortSignal): AsyncGenerator<LogPage> {
  const { fromMs, toMs, pageSize = 100, maxWaitMs } = span;
  if (!(Number.isSafeInteger(fromMs) && Number.isSafeInteger(toMs) && fromMs >= 0 && fromMs < toMs)) {
    throw new ConnectorError('usage', 'The span of a log is two times, the first before the second.');
  }
  if (!(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= 100)) {
    throw new ConnectorError('usage', 'A page of a log has 1 to 100 events.');
  }
  for (let page = 1; ; page++) {
    const path = `/logs/${type}?page=${page}&limit=${pageSize}&startTime=${fromMs}&endTime=${toMs}`;
    const request = { endpoint: `logs_${type}`, method: 'GET', path, repeatable: true, maxWaitMs } as const;
    const { response, asked } = await call(request, signal);
    const read = parseResponse(envelope, response, asked);
    if ((read.page ?? page) !== page) throw invalidResponse(asked, `page ${read.page}, but ${page} was asked for`);
    if (read.total_pages > maxPages)
      throw invalidResponse(asked, `${read.total_pages} pages: at most ${maxPages} are read`);
    const elements = elementTexts(response.text);
    yield { elements, page, totalCount: read.total_count, totalPages: read.total_pages };
    if (page >= read.total_pages || elements.length === 0) return;
  }
}

/** Of valid JSON with an array `data`. */
function elementTexts(response: string): readonly string[] {
  const text = response.trim();
  const data = memberSpan(text, 'data');
  if (data === undefined) return [];
  return [...itemSpans(text, data.start)].map(({ start, end }) => text.slice(start, end));
}
