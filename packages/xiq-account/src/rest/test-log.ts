// For tests: a log in memory, read page by page, that may change between two pages.
import type { LogPage, LogSpan, LogType } from './log-pages.ts';
import type { XiqApi } from './xiq-api.ts';

export interface TestLogOptions {
  readonly pageSize?: number;
  /** Newest first: a new event shifts all pages. */
  readonly newestFirst?: boolean;
  /** Whether events at the ends of the span belong to it. */
  readonly ends?: 'both' | 'neither';
  /** Called before the nth page of all requests, from 1. */
  readonly beforePage?: (nth: number) => void;
  /** The total to return instead of the real one. */
  readonly total?: (count: number, nth: number) => number;
}

export interface RequestedPage extends LogSpan {
  readonly type: LogType;
  readonly page: number;
}

interface Entry {
  readonly timeMs: number;
  readonly text: string;
}

/** An audit event of the REST API; `id` is JSON. */
export const auditEvent = (timeMs: number, id: string | number | null, more: object = {}): Entry => ({
  timeMs,
  text: `{"id":${id},${JSON.stringify({ user_id: 7, code: 10001, timestamp: timeMs, description: 'Logged in', username: 'admin@example.com', ...more }).slice(1)}`,
});

export function testLog(entries: Entry[], options: TestLogOptions = {}) {
  const { pageSize = 2, newestFirst = false, ends = 'both', beforePage, total } = options;
  const requested: RequestedPage[] = [];
  async function* logs(type: LogType, span: LogSpan, signal: AbortSignal): AsyncGenerator<LogPage> {
    for (let page = 1; ; page++) {
      signal.throwIfAborted();
      requested.push({ type, ...span, page });
      beforePage?.(requested.length);
      const edge = ends === 'both' ? 0 : 1;
      const found = entries
        .filter(({ timeMs }) => timeMs >= span.fromMs + edge && timeMs <= span.toMs - edge)
        .sort((a, b) => (newestFirst ? b.timeMs - a.timeMs : a.timeMs - b.timeMs));
      const elements = found.slice((page - 1) * pageSize, page * pageSize).map(({ text }) => text);
      const totalPages = Math.ceil(found.length / pageSize);
      yield { elements, page, totalCount: total?.(found.length, requested.length) ?? found.length, totalPages };
      if (page >= totalPages || elements.length === 0) return;
    }
  }
  const api: Pick<XiqApi, 'logs'> = { logs };
  return { api, requested, entries };
}
