import type { SourceState, SubscriptionState } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { messageOf } from './event-table.ts';
import { createHealthEventsFixture } from './test-health-events.ts';

type Api = NonNullable<SourceState['api']>;

function watched(change: Partial<Api> = {}) {
  const api: Api = {
    subscriptions: [],
    publicUrl: [],
    requestsPerHour: 7500,
    requestsRemaining: 7500,
    ...change,
  };
  const test = createHealthEventsFixture({ sources: [{ name: 'xiq', api }] });
  return {
    ...test,
    async pollWith(next: Partial<Api>) {
      test.world.sources = [{ name: 'xiq', api: { ...api, ...next } }];
      await test.poll();
    },
    actions: () => test.reported().map(({ action, subject, reason }) => [action, subject, reason]),
  };
}

const audit = (state: SubscriptionState['state'], more: Partial<SubscriptionState> = {}): Partial<Api> => ({
  subscriptions: [{ messageType: 'AUDIT_LOG_ALL', state, ...more }],
});
const subject = 'xiq/AUDIT_LOG_ALL';

it('a missing, disabled or changed subscription is reported once, and once more when it is fixed', async () => {
  const { pollWith, actions } = watched(audit('ok'));
  await pollWith(audit('missing'));
  await pollWith(audit('missing'));
  await pollWith(audit('unknown'));
  await pollWith(audit('disabled'));
  await pollWith(audit('ok'));
  await pollWith(audit('foreign'));
  await pollWith(audit('changed'));
  expect(actions()).toEqual([
    ['subscription-missing', subject, 'missing'],
    ['subscription-disabled', subject, 'disabled'],
    ['subscription-fixed', subject, 'disabled'],
    ['subscription-changed', subject, 'foreign'],
    ['subscription-changed', subject, 'changed'],
  ]);
});

it('a fault that was fixed between two polls is reported once, and so is its fix', async () => {
  const { pollWith, actions, reported } = watched(audit('ok'));
  const fixed = audit('ok', { fixed: { was: 'disabled', at: '2026-01-01T00:00:00.000Z' } });
  await pollWith(fixed);
  await pollWith(fixed);
  await pollWith(audit('ok'));
  expect(actions()).toEqual([
    ['subscription-disabled', subject, 'disabled'],
    ['subscription-fixed', subject, 'disabled'],
  ]);
  const [disabled] = reported();
  expect(disabled && messageOf(disabled)).toContain(
    'The subscription of source xiq to AUDIT_LOG_ALL is disabled at ExtremeCloud IQ (disabled).',
  );
});

it('a foreign subscription without a configured type is reported again when it returns, and its removal is not reported', async () => {
  const { pollWith, actions } = watched({});
  await pollWith(audit('foreign'));
  await pollWith({});
  await pollWith(audit('foreign'));
  expect(actions().map(([action]) => action)).toEqual(['subscription-changed', 'subscription-changed']);
});

it('a failed check of the public URL is reported with the failed checks, and again only when other checks fail', async () => {
  const { pollWith, reported } = watched();
  const failed = (...checks: string[]): Partial<Api> => ({
    publicUrl: [
      { what: 'name', result: 'unverifiable', message: 'not seen' },
      ...checks.map((what) => ({ what, result: 'failed' as const, message: `${what} failed.` })),
    ],
  });
  await pollWith(failed());
  await pollWith(failed('certificate_expiry'));
  await pollWith(failed('certificate_expiry'));
  await pollWith(failed('certificate_expiry', 'refuses_without_secret'));
  expect(reported('public-url-check-failed').map(({ attributes, message }) => [attributes.codes, message])).toEqual([
    [['certificate_expiry'], 'certificate_expiry failed.'],
    [['certificate_expiry', 'refuses_without_secret'], 'certificate_expiry failed. refuses_without_secret failed.'],
  ]);
});

it('a failing API is reported once until it works again', async () => {
  const { pollWith, reported } = watched();
  await pollWith({ failure: 'no response' });
  await pollWith({ failure: 'no response, again' });
  await pollWith({});
  await pollWith({ failure: 'no response' });
  expect(reported('xiq-api-failing').map(({ subject: source, message }) => [source, message])).toEqual([
    ['xiq', 'no response'],
    ['xiq', 'no response'],
  ]);
});
