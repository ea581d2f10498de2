// For tests: one source's ExtremeCloud IQ, with logs in memory and subscriptions that a test sets behind our back.
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import type { XiqCloud } from './cloud.ts';
import type { LogSpan, LogType } from './rest/log-pages.ts';
import { createLogReader } from './rest/log-reader.ts';
import { modelXiq } from './subscriptions/test-xiq.ts';

export interface TestCloud {
  readonly cloud: XiqCloud;
  readonly clouds: () => ReadonlyMap<string, XiqCloud>;
  readonly subscriptions: ReturnType<typeof modelXiq>;
  /** Events by log, each with its time in `timestamp`. */
  readonly logs: Map<LogType, object[]>;
  /** Spans that were asked for, one for each page. */
  readonly asked: { readonly type: LogType; readonly fromMs: number; readonly toMs: number }[];
  /** Called before a page is given: may throw, or wait. */
  before: ((type: LogType) => void | Promise<void>) | undefined;
  /** What the budget says one has to wait. */
  waitMs: number;
  /** How far its clock is ahead of ours, where answers tell it. */
  aheadMs: number | undefined;
}

const timeOf = (event: object): number => ('timestamp' in event ? Number(event.timestamp) : 0);

export function testCloud(subscriptions: Partial<SubscriptionsConfig> = {}): TestCloud {
  const logs = new Map<LogType, object[]>();
  const asked: TestCloud['asked'] = [];
  const model = modelXiq();
  async function* pages(type: LogType, { fromMs, toMs }: LogSpan) {
    asked.push({ type, fromMs, toMs });
    await made.before?.(type);
    const found = (logs.get(type) ?? []).filter((event) => timeOf(event) >= fromMs && timeOf(event) <= toMs);
    const elements = found.map((event) => JSON.stringify(event));
    yield { elements, page: 1, totalCount: found.length, totalPages: 1 };
  }
  const cloud: XiqCloud = {
    source: 'xiq',
    config: { baseUrl: 'http://127.0.0.1:1', requestsPerHour: 7_500 },
    subscriptions: {
      application: 'siem',
      publicUrl: 'https://hooks.example/webhooks/xiq',
      messageTypes: ['AUDIT_LOG_ALL'],
      reconcile: 'report',
      everyMinutes: 15,
      backfill: 'auto',
      settleMinutes: 10,
      ...subscriptions,
    },
    reader: createLogReader(),
    api: {
      subscriptions: model.subscriptions,
      logs: pages,
      budget: () => {
        const remaining = made.waitMs > 0 ? 0 : 7_400;
        return { perHour: 7_500, usedLastHour: 100, remaining, waitMs: made.waitMs };
      },
      clockAheadMs: async () => made.aheadMs,
      logout: async () => {},
    },
  };
  const made: TestCloud = {
    cloud,
    clouds: () => new Map([['xiq', cloud]]),
    subscriptions: model,
    logs,
    asked,
    before: undefined,
    waitMs: 0,
    aheadMs: undefined,
  };
  return made;
}
