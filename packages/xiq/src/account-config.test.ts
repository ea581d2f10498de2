import { describe, expect, it } from 'vitest';
import { configSchema } from './config.ts';

const token = { env: 'XIQ_API_TOKEN' };
const [username, password] = [{ env: 'XIQ_USER' }, { file: '/run/secrets/xiq' }];
const publicUrl = 'https://hooks.example/webhooks/xiq';
const subscriptions = { application: 'siem', publicUrl };

/** `path: message` of each fault. */
function faults(config: object): readonly string[] {
  const { error } = configSchema.safeParse(config);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

it('both keys are optional', () => {
  expect(configSchema.parse({})).not.toHaveProperty('api');
  expect(configSchema.parse({})).not.toHaveProperty('subscriptions');
});

it('accepts the documented example, and missing keys have defaults', () => {
  const { api, subscriptions: read } = configSchema.parse({ api: { token }, subscriptions });
  expect(api).toMatchObject({ baseUrl: 'https://api.extremecloudiq.com', requestsPerHour: 7500 });
  expect(read).toEqual({
    ...subscriptions,
    messageTypes: [
      'AUDIT_LOG_ALL',
      'GDPR_LOG_ALL',
      'CREDENTIAL_LOG_ALL',
      'ACCOUNTING_LOG_ALL',
      'AUTHENTICATION_LOG_ALL',
      'EMAIL_LOG_ALL',
      'SMS_LOG_ALL',
    ],
    alerts: false,
    reconcile: 'report',
    everyMinutes: 15,
    backfill: 'manual',
    settleMinutes: 10,
  });
});

describe('the API', () => {
  it.each([
    [{ token }],
    [{ username, password }],
    [{ token, baseUrl: 'http://127.0.0.1:9000' }],
    [{ token, baseUrl: 'http://[::1]:9000' }],
    [{ token, baseUrl: 'https://gateway.example/xiq' }],
  ])('accepts %j', (api) => expect(faults({ api })).toEqual([]));

  it.each([
    [{}, /^api: no credentials: expected token, or username and password/],
    [{ username }, /^api\.password: password is missing/],
    [{ password }, /^api\.username: username is missing/],
    [{ token, username }, /^api\.username: set either token, or username and password/],
    [{ token: 'hunter2' }, /^api\.token: the configuration must not contain a secret/],
    [{ token, baseUrl: 'http://api.example' }, /^api\.baseUrl: expected a URL/],
    [{ token, baseUrl: 'http://127.0.0.1.example' }, /^api\.baseUrl: expected a URL/],
    [{ token, baseUrl: 'https://u:p@api.example' }, /^api\.baseUrl: expected a URL/],
    [{ token, baseUrl: 'api.example' }, /^api\.baseUrl: expected a URL/],
    [{ token, requestsPerHour: 0 }, /^api\.requestsPerHour/],
  ])('refuses %j', (api, message) => {
    const found = faults({ api });
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(message);
    expect(found.join()).not.toContain('hunter2');
  });
});

describe('the subscriptions', () => {
  it('need the API', () => {
    expect(faults({ subscriptions })).toEqual([expect.stringMatching(/^subscriptions: subscriptions need api/)]);
  });

  it.each([
    [{ publicUrl: 'http://localhost:8080/webhooks/xiq' }],
    [{ publicUrl: 'https://hooks.example:8443/siem/webhooks/xiq-2' }],
    [{ messageTypes: ['LOCATION_AP_CENTRIC', 'TENTH_TYPE'] }],
    [{ alerts: true }],
  ])('accept %j', (more) =>
    expect(faults({ api: { token }, subscriptions: { ...subscriptions, ...more } })).toEqual([]),
  );

  it.each([
    [{ publicUrl: 'http://hooks.example/webhooks/xiq' }, /publicUrl: expected a URL/],
    [{ publicUrl: `${publicUrl}/` }, /publicUrl: expected it to end in \/webhooks\//],
    [{ publicUrl: `${publicUrl}/AUDIT_LOG_ALL` }, /publicUrl: expected it to end/],
    [{ publicUrl: 'https://hooks.example' }, /publicUrl: expected it to end/],
    [{ publicUrl: `${publicUrl}?a=1` }, /publicUrl: expected a URL/],
    [{ messageTypes: [] }, /messageTypes/],
    [{ messageTypes: ['audit'] }, /messageTypes\.0: expected a message type such as/],
    [{ messageTypes: ['A', 'A'] }, /messageTypes: each message type once/],
    [
      { messageTypes: ['AUDIT_LOG_ALL', 'ALERT'] },
      /messageTypes\.1: ALERT is not one of them: set alerts: true instead/,
    ],
    [{ alerts: 'true' }, /alerts/],
    [{ application: ' siem' }, /application: expected 1 to 64/],
    [{ everyMinutes: 0 }, /everyMinutes/],
    [{ reconcile: 'always' }, /reconcile/],
    [{ url: publicUrl }, /Unrecognized key/],
  ])('refuse %j', (more, message) => {
    const found = faults({ api: { token }, subscriptions: { ...subscriptions, ...more } });
    expect(found[0]).toMatch(message);
  });
});
