// Reads a time span of one log page by page, and keeps each event as its JSON text.
import { ConnectorError } from '@xiq-siem/core';
import { itemSpans, type MessageType, memberSpan } from '@xiq-siem/xiq';
import { z } from 'zod';
import { invalidResponse } from './api-errors.ts';
import type { Call } from './caller.ts';
import { parseResponse } from './parse-response.ts';

/** The logs of the API, each with the message type of webhooks for the same events. */
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

/** The log with the events of a message type. Undefined for GDPR, LOCATION and unknown types. */
export const logOfMessageType = (messageType: string): LogType | undefined =>
  logTypes.find((type) => messageTypeOfLog[type] === messageType);

export interface LogSpan {
  /** Epoch milliseconds, as `toMs`. The API does not document whether the ends are included: check each event's time. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Events per page, 1 to 100. Default: 100. */
  readonly pageSize?: number;
  /** The longest wait of one page for the request budget. Default: that of the API client. */
  readonly maxWaitMs?: number | undefined;
}

export interface LogPage {
  /** The JSON of each event as it was sent: no number is rounded. */
  readonly elements: readonly string[];
  /** From 1. */
  readonly page: number;
  /** Events in the span when this page was read. If it changes between pages, pages have shifted: read the span again. */
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
 * Requests each page when it is iterated; an empty span has one page. Rejects with a ConnectorError, or with the
 * signal's reason when it fires.
 */
export async function* readLog(call: Call, type: LogType, span: LogSpan, signal: AbortSignal): AsyncGenerator<LogPage> {
  const { fromMs, toMs, pageSize = 100, maxWaitMs } = span;
  if (!(Number.isSafeInteger(fromMs) && Number.isSafeInteger(toMs) && fromMs >= 0 && fromMs < toMs)) {
    throw new ConnectorError('usage', 'A log span needs two times, the first before the second.');
  }
  if (!(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= 100)) {
    throw new ConnectorError('usage', 'A page of a log has 1 to 100 events.');
  }
  for (let page = 1; ; page++) {
    const path = `/logs/${type}?page=${page}&limit=${pageSize}&startTime=${fromMs}&endTime=${toMs}`;
    const request = { endpoint: `logs_${type}`, method: 'GET', path, repeatable: true, maxWaitMs } as const;
    const { response, context } = await call(request, signal);
    const read = parseResponse(envelope, response, context);
    if ((read.page ?? page) !== page)
      throw invalidResponse(context, `page ${read.page}, but page ${page} was requested`);
    if (read.total_pages > maxPages)
      throw invalidResponse(context, `${read.total_pages} pages: the limit is ${maxPages}`);
    const elements = elementTexts(response.text);
    yield { elements, page, totalCount: read.total_count, totalPages: read.total_pages };
    if (page >= read.total_pages || elements.length === 0) return;
  }
}

/** `response`: valid JSON with an array `data`. */
function elementTexts(response: string): readonly string[] {
  const text = response.trim();
  const data = memberSpan(text, 'data');
  if (data === undefined) return [];
  return [...itemSpans(text, data.start)].map(({ start, end }) => text.slice(start, end));
}
