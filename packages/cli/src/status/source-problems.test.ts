import type { SourceState } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { sourceProblems } from './verdict.ts';

const api: NonNullable<SourceState['api']> = {
  subscriptions: [
    { messageType: 'AUDIT_LOG_ALL', state: 'ok' },
    { messageType: 'SMS_LOG_ALL', state: 'unknown' },
  ],
  publicUrl: [{ what: 'name', result: 'unverifiable', message: 'not seen from here' }],
  ...{ requestsPerHour: 7500, requestsRemaining: 0 },
};

it('a source without an API, one that is well, and what cannot be seen are no trouble', () => {
  expect(sourceProblems({})).toEqual([]);
  expect(sourceProblems({ api })).toEqual([]);
});

it('each trouble is one line, with what to do; subscriptions with the same trouble share one', () => {
  const withProblems = sourceProblems({
    api: {
      ...api,
      failure: 'no answer',
      rotating: true,
      subscriptions: [
        { messageType: 'GDPR_LOG_ALL', state: 'missing' },
        { messageType: 'EMAIL_LOG_ALL', state: 'missing' },
        { messageType: 'AUDIT_LOG_ALL', state: 'disabled', message: 'id 7' },
        { messageType: 'SMS_LOG_ALL', state: 'foreign' },
      ],
      publicUrl: [{ what: 'certificate_expiry', result: 'failed', message: 'It expires in 3 days: renew it.' }],
    },
  });
  expect(withProblems).toEqual([
    'subscriptions: no answer. Next: xiq-siem subscriptions plan says more',
    'a rotation of the secret is under way, or was interrupted. Next: xiq-siem subscriptions rotate-secret goes on',
    'subscriptions to GDPR_LOG_ALL, EMAIL_LOG_ALL missing. Next: xiq-siem subscriptions apply',
    'subscription to AUDIT_LOG_ALL disabled (id 7). Next: xiq-siem subscriptions apply',
    'subscription to SMS_LOG_ALL foreign. Next: look in ExtremeCloud IQ who made it',
    'public URL, certificate expiry: It expires in 3 days: renew it.',
  ]);
});
