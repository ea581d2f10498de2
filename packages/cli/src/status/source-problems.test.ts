import type { SourceState } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { sourceProblems } from './headline.ts';

const api: NonNullable<SourceState['api']> = {
  subscriptions: [
    { messageType: 'AUDIT_LOG_ALL', state: 'ok' },
    { messageType: 'SMS_LOG_ALL', state: 'unknown' },
  ],
  publicUrl: [{ what: 'name', result: 'unverifiable', message: 'not visible' }],
  ...{ requestsPerHour: 7500, requestsRemaining: 0 },
};

it('no API, no failed check, and an unverifiable check are no problems', () => {
  expect(sourceProblems({})).toEqual([]);
  expect(sourceProblems({ api })).toEqual([]);
});

it('each problem is one line with what to do; subscriptions with the same problem share a line', () => {
  const withProblems = sourceProblems({
    api: {
      ...api,
      failure: 'no response.',
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
    'subscriptions cannot be checked: no response. Next: xiq-siem subscriptions plan',
    'the rotation of the secret is not complete. Next: xiq-siem subscriptions rotate-secret',
    'subscriptions to GDPR_LOG_ALL, EMAIL_LOG_ALL missing. Next: xiq-siem subscriptions apply',
    'subscription to AUDIT_LOG_ALL disabled (id 7). Next: xiq-siem subscriptions apply',
    'subscription to SMS_LOG_ALL not created by this connector. Next: find its owner in ExtremeCloud IQ',
    'public URL, certificate expiry: It expires in 3 days: renew it.',
  ]);
});
