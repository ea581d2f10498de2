import type { SourceState, SubscriptionState } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { messageOf } from './event-table.ts';
import { healthEventsToTest } from './test-health-events.ts';

type Api = NonNullable<SourceState['api']>;

function watched(change: Partial<Api> = {}) {
  const api: Api = {
    subscriptions: [],
    publicUrl: [],
    requestsPerHour: 7500,
    requestsRemaining: 7500,
    ...change,
  };
  const test = healthEventsToTest({ sources: [{ name: 'xiq', api }] });
  return {
    ...test,
    async see(next: Partial<Api>) {
      test.world.sources = [{ name: 'xiq', api: { ...api, ...next } }];
      await test.poll();
    },
    actions: () => test.said().map(({ action, subject, reason }) => [action, subject, reason]),
  };
}

const audit = (state: SubscriptionState['state'], more: Partial<SubscriptionState> = {}): Partial<Api> => ({
  subscriptions: [{ messageType: 'AUDIT_LOG_ALL', state, ...more }],
});
const subject = 'xiq/AUDIT_LOG_ALL';

it('a subscription that is missing, disabled or changed is said once, and once more when it is mended', async () => {
  const { see, actions } = watched(audit('ok'));
  await see(audit('missing'));
  await see(audit('missing'));
  await see(audit('unknown'));
  await see(audit('disabled'));
  await see(audit('ok'));
  await see(audit('foreign'));
  await see(audit('changed'));
  expect(actions()).toEqual([
    ['subscription-missing', subject, 'missing'],
    ['subscription-disabled', subject, 'disabled'],
    ['subscription-fixed', subject, 'disabled'],
    ['subscription-changed', subject, 'foreign'],
    ['subscription-changed', subject, 'changed'],
  ]);
});

it('what one look found and mended is both said, once', async () => {
  const { see, actions, said } = watched(audit('ok'));
  const fixed = audit('ok', { fixed: { was: 'disabled', at: '2026-01-01T00:00:00.000Z' } });
  await see(fixed);
  await see(fixed);
  await see(audit('ok'));
  expect(actions()).toEqual([
    ['subscription-disabled', subject, 'disabled'],
    ['subscription-fixed', subject, 'disabled'],
  ]);
  const [disabled] = said();
  expect(disabled && messageOf(disabled)).toContain(
    'The subscription of source xiq to AUDIT_LOG_ALL is disabled at ExtremeCloud IQ (disabled).',
  );
});

it('one of a type that nobody wants is nothing to mend once it is gone, and is said again when it is back', async () => {
  const { see, actions } = watched({});
  await see(audit('foreign'));
  await see({});
  await see(audit('foreign'));
  expect(actions().map(([action]) => action)).toEqual(['subscription-changed', 'subscription-changed']);
});

it('a public URL that is wrong is said with its checks, and again only when others are wrong', async () => {
  const { see, said } = watched();
  const wrong = (...checks: string[]): Partial<Api> => ({
    publicUrl: [
      { what: 'name', result: 'unverifiable', message: 'not seen' },
      ...checks.map((what) => ({ what, result: 'failed' as const, message: `${what} is wrong.` })),
    ],
  });
  await see(wrong());
  await see(wrong('certificate_expiry'));
  await see(wrong('certificate_expiry'));
  await see(wrong('certificate_expiry', 'refuses_without_secret'));
  expect(said('public-url-check-failed').map(({ attributes, message }) => [attributes.codes, message])).toEqual([
    [['certificate_expiry'], 'certificate_expiry is wrong.'],
    [['certificate_expiry', 'refuses_without_secret'], 'certificate_expiry is wrong. refuses_without_secret is wrong.'],
  ]);
});

it('an API that fails is said once, until it answers again', async () => {
  const { see, said } = watched();
  await see({ failure: 'no answer' });
  await see({ failure: 'no answer, again' });
  await see({});
  await see({ failure: 'no answer' });
  expect(said('xiq-api-failing').map(({ subject: source, message }) => [source, message])).toEqual([
    ['xiq', 'no answer'],
    ['xiq', 'no answer'],
  ]);
});
