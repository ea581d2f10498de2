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
  const { see, actions } = watched(audit('well'));
  await see(audit('missing'));
  await see(audit('missing'));
  await see(audit('unknown'));
  await see(audit('disabled'));
  await see(audit('well'));
  await see(audit('foreign'));
  await see(audit('changed'));
  expect(actions()).toEqual([
    ['subscription-missing', subject, 'missing'],
    ['subscription-disabled', subject, 'disabled'],
    ['subscription-mended', subject, 'disabled'],
    ['subscription-changed', subject, 'foreign'],
    ['subscription-changed', subject, 'changed'],
  ]);
});

it('what one look found and mended is both said, once', async () => {
  const { see, actions, said } = watched(audit('well'));
  const mended = audit('well', { mended: { was: 'disabled', at: '2026-01-01T00:00:00.000Z' } });
  await see(mended);
  await see(mended);
  await see(audit('well'));
  expect(actions()).toEqual([
    ['subscription-disabled', subject, 'disabled'],
    ['subscription-mended', subject, 'disabled'],
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
      { what: 'name', result: 'unverifiable', words: 'not seen' },
      ...checks.map((what) => ({ what, result: 'wrong' as const, words: `${what} is wrong.` })),
    ],
  });
  await see(wrong());
  await see(wrong('certificate_expiry'));
  await see(wrong('certificate_expiry'));
  await see(wrong('certificate_expiry', 'refuses_without_secret'));
  expect(said('public-url-wrong').map(({ facts, words }) => [facts.codes, words])).toEqual([
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
  expect(said('xiq-api-failing').map(({ subject: source, words }) => [source, words])).toEqual([
    ['xiq', 'no answer'],
    ['xiq', 'no answer'],
  ]);
});
