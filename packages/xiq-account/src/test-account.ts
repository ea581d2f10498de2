// For tests: the account of one source, with logs in memory and subscriptions that a test can set.
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import type { AccountIdentity } from './rest/account-identity.ts';
import type { LogSpan, LogType } from './rest/log-pages.ts';
import { createLogReader } from './rest/log-reader.ts';
import { modelXiq } from './subscriptions/test-xiq.ts';
import type { XiqAccount } from './xiq-account.ts';

export interface TestAccount {
  readonly account: XiqAccount;
  readonly accounts: () => ReadonlyMap<string, XiqAccount>;
  readonly subscriptions: ReturnType<typeof modelXiq>;
  /** Events by log, each with its time in `timestamp`. */
  readonly logs: Map<LogType, object[]>;
  /** The requested spans, one for each page. */
  readonly requests: { readonly type: LogType; readonly fromMs: number; readonly toMs: number }[];
  /** Called before a page is returned: may throw, or wait. */
  before: ((type: LogType) => void | Promise<void>) | undefined;
  /** The wait that the request budget reports. */
  waitMs: number;
  /** How far the account's clock is ahead of ours; undefined: no response has a date. */
  aheadMs: number | undefined;
  /** Returns who the account is, or throws. */
  identity: () => AccountIdentity;
}

const timeOf = (event: object): number => ('timestamp' in event ? Number(event.timestamp) : 0);

export function testAccount(subscriptions: Partial<SubscriptionsConfig> = {}): TestAccount {
  const logs = new Map<LogType, object[]>();
  const requests: TestAccount['requests'] = [];
  const model = modelXiq();
  async function* pages(type: LogType, { fromMs, toMs }: LogSpan) {
    requests.push({ type, fromMs, toMs });
    await test.before?.(type);
    const found = (logs.get(type) ?? []).filter((event) => timeOf(event) >= fromMs && timeOf(event) <= toMs);
    const elements = found.map((event) => JSON.stringify(event));
    yield { elements, page: 1, totalCount: found.length, totalPages: 1 };
  }
  const account: XiqAccount = {
    source: 'xiq',
    config: { baseUrl: 'http://127.0.0.1:1', requestsPerHour: 7_500 },
    subscriptions: {
      application: 'siem',
      publicUrl: 'https://hooks.example/webhooks/xiq',
      messageTypes: ['AUDIT_LOG_ALL'],
      alerts: false,
      reconcile: 'report',
      everyMinutes: 15,
      backfill: 'auto',
      settleMinutes: 10,
      ...subscriptions,
    },
    reader: createLogReader(),
    api: {
      subscriptions: model.subscriptions,
      identity: async () => test.identity(),
      logs: pages,
      budget: () => {
        const remaining = test.waitMs > 0 ? 0 : 7_400;
        return { perHour: 7_500, usedLastHour: 100, remaining, waitMs: test.waitMs };
      },
      clockAheadMs: async () => test.aheadMs,
      logout: async () => {},
    },
  };
  const test: TestAccount = {
    account,
    accounts: () => new Map([['xiq', account]]),
    subscriptions: model,
    logs,
    requests,
    before: undefined,
    waitMs: 0,
    aheadMs: undefined,
    identity: () => ({ id: '1091', name: 'ACME-BERLIN' }),
  };
  return test;
}
