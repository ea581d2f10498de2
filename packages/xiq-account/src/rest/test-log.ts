// For tests: a log in memory that is read page by page, and that may change while it is.
import type { LogPage, LogSpan, LogType } from './log-pages.ts';
import type { XiqApi } from './xiq-api.ts';

export interface TestLogOptions {
  readonly pageSize?: number;
  /** Newest first, as one that grows at its beginning. */
  readonly newestFirst?: boolean;
  /** Whether an event at either end of the span belongs to it. */
  readonly ends?: 'both' | 'neither';
  /** Before the nth page of all, from 1. */
  readonly beforePage?: (nth: number) => void;
  /** Instead of the true total. */
  readonly total?: (count: number, nth: number) => number;
}

export interface AskedPage extends LogSpan {
  readonly type: LogType;
  readonly page: number;
}

interface Entry {
  readonly timeMs: number;
  readonly text: string;
}

/** An audit event as the REST API has it; `id` is its JSON. */
export const auditEvent = (timeMs: number, id: string | number | null, more: object = {}): Entry => ({
  timeMs,
  text: `{"id":${id},${JSON.stringify({ user_id: 7, code: 10001, timestamp: timeMs, description: 'Logged in', username: 'admin@example.com', ...more }).slice(1)}`,
});

export function testLog(entries: Entry[], options: TestLogOptions = {}) {
  const { pageSize = 2, newestFirst = false, ends = 'both', beforePage, total } = options;
  const asked: AskedPage[] = [];
  async function* logs(type: LogType, span: LogSpan, signal: AbortSignal): AsyncGenerator<LogPage> {
    for (let page = 1; ; page++) {
      signal.throwIfAborted();
      asked.push({ type, ...span, page });
      beforePage?.(asked.length);
      const edge = ends === 'both' ? 0 : 1;
      const found = entries
        .filter(({ timeMs }) => timeMs >= span.fromMs + edge && timeMs <= span.toMs - edge)
        .sort((a, b) => (newestFirst ? b.timeMs - a.timeMs : a.timeMs - b.timeMs));
      const elements = found.slice((page - 1) * pageSize, page * pageSize).map(({ text }) => text);
      const totalPages = Math.ceil(found.length / pageSize);
      yield { elements, page, totalCount: total?.(found.length, asked.length) ?? found.length, totalPages };
      if (page >= totalPages || elements.length === 0) return;
    }
  }
  const api: Pick<XiqApi, 'logs'> = { logs };
  return { api, asked, entries };
}
