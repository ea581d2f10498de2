import type { SourceState } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { sourceTroubles } from './source-troubles.ts';

const api: NonNullable<SourceState['api']> = {
  subscriptions: [
    { messageType: 'AUDIT_LOG_ALL', state: 'well' },
    { messageType: 'SMS_LOG_ALL', state: 'unknown' },
  ],
  publicUrl: [{ what: 'name', result: 'unverifiable', words: 'not seen from here' }],
  ...{ requestsPerHour: 7500, requestsRemaining: 0 },
};

it('a source without an API, one that is well, and what cannot be seen are no trouble', () => {
  expect(sourceTroubles({})).toEqual([]);
  expect(sourceTroubles({ api })).toEqual([]);
});

it('each trouble is one line, with what to do', () => {
  const troubled = sourceTroubles({
    api: {
      ...api,
      failure: 'no answer',
      subscriptions: [
        { messageType: 'AUDIT_LOG_ALL', state: 'disabled', words: 'id 7' },
        { messageType: 'SMS_LOG_ALL', state: 'foreign' },
      ],
      publicUrl: [{ what: 'certificate_expiry', result: 'wrong', words: 'It expires in 3 days: renew it.' }],
    },
  });
  expect(troubled).toEqual([
    'subscriptions: no answer. Next: xiq-siem subscriptions plan says more',
    'subscription to AUDIT_LOG_ALL disabled (id 7). Next: xiq-siem subscriptions apply',
    'subscription to SMS_LOG_ALL foreign. Next: look in ExtremeCloud IQ who made it',
    'public URL, certificate expiry: It expires in 3 days: renew it.',
  ]);
});
