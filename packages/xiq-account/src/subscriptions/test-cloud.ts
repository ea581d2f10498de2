// For tests: one source's ExtremeCloud IQ, made up, whose subscriptions a test sets behind our back.
import { Secret } from '@xiq-siem/core';
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import { createLogReader } from '../backfill/log-reader.ts';
import type { XiqCloud } from '../cloud.ts';
import type { WantedSubscription, XiqSubscription } from '../rest/subscription.ts';
import type { XiqApi } from '../rest/xiq-api.ts';

export const subscriptionsConfig = (changes: Partial<SubscriptionsConfig> = {}): SubscriptionsConfig => ({
  ...{ application: 'siem', publicUrl: 'https://hooks.example/webhooks/xiq' },
  messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL'],
  ...{ reconcile: 'report', everyMinutes: 15, backfill: 'manual', settleMinutes: 10 },
  ...changes,
});

/** As it should be, but for what `changes` says. */
export const subscriptionOf = (messageType: string, changes: Partial<XiqSubscription> = {}): XiqSubscription => ({
  ...{
    id: messageType === 'AUDIT_LOG_ALL' ? '1' : '2',
    application: 'siem',
    url: `https://hooks.example/webhooks/xiq/${messageType}`,
    messageType,
  },
  ...{ secret: new Secret('canary-1'), status: 'ENABLED', others: {} },
  ...{ dataType: undefined, createTime: undefined, updateTime: undefined },
  ...changes,
});

export interface FakeCloud {
  readonly cloud: XiqCloud;
  /** What was asked of it, in order. */
  readonly calls: readonly string[];
  set(subscriptions: readonly XiqSubscription[]): void;
  /** What every call rejects with from now on. */
  fail(cause: Error | undefined): void;
}

export function fakeCloud(subscriptions: SubscriptionsConfig): FakeCloud {
  let held: readonly XiqSubscription[] = [];
  let failure: Error | undefined;
  let nextId = 100;
  const calls: string[] = [];
  const called = (call: string): void => {
    calls.push(call);
    if (failure !== undefined) throw failure;
  };
  const fieldsOf = ({ application, url, messageType, status, secret }: WantedSubscription) => ({
    ...{ application, url, messageType, status },
    ...(secret && { secret }),
  });
  const api: XiqApi = {
    subscriptions: {
      async list() {
        called('list');
        return held;
      },
      async create(wanted) {
        called(`create ${wanted.map(({ messageType }) => messageType).join()}`);
        const made = wanted.map((one) => subscriptionOf(one.messageType, { ...fieldsOf(one), id: String(nextId++) }));
        held = [...held, ...made];
      },
      async update(id, wanted) {
        called(`update ${id}`);
        held = held.map((one) => (one.id === id ? { ...one, ...fieldsOf(wanted) } : one));
      },
      async delete(ids) {
        called(`delete ${ids.join()}`);
        held = held.filter(({ id }) => !ids.includes(id));
      },
    },
    async *logs() {},
    budget: () => ({ perHour: 7500, usedLastHour: 100, remaining: 7400, waitMs: 0 }),
    clockAheadMs: async () => undefined,
    async logout() {},
  };
  return {
    cloud: {
      ...{ source: 'xiq', api, subscriptions, reader: createLogReader({ timeZone: 'UTC' }) },
      config: { baseUrl: 'https://api.example', requestsPerHour: 7500 },
    },
    calls,
    set(next) {
      held = next;
    },
    fail(cause) {
      failure = cause;
    },
  };
}
