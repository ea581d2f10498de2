import { describe, expect, test } from 'vitest';
import { type DeliverySettings, settingsHash } from './settings-hash.ts';

const egress = { proxy: 'http://user:old@proxy:3128', caFile: 'ca.pem', noProxy: ['siem'] };
const settings: DeliverySettings = {
  type: 'siem',
  own: { url: 'https://siem:8088', token: { env: 'TOKEN' }, headers: { 'x-key': { file: '/run/key' }, plain: 'a' } },
  egress,
};
const own = {
  url: 'https://siem:8088',
  token: { env: 'TOKEN' },
  headers: { 'x-key': { file: '/run/key' }, plain: 'a' },
};

describe('the hash of the settings of a destination', () => {
  test.each<[string, Partial<DeliverySettings>]>([
    ['the reference of a secret', { own: { ...own, token: { file: '/run/token' } } }],
    ['the credentials of the proxy', { egress: { ...egress, proxy: 'http://user:new@proxy:3128' } }],
    ['the order of the keys', { own: { headers: own.headers, token: own.token, url: own.url } }],
  ])('does not depend on %s', (_, change) => {
    expect(settingsHash({ ...settings, ...change })).toBe(settingsHash(settings));
  });

  test('does not depend on the credentials of a proxy without a scheme', () => {
    const hashOf = (proxy: string) => settingsHash({ ...settings, egress: { ...egress, proxy } });
    expect(hashOf('svc:new@proxy:3128')).toBe(hashOf('svc:old@proxy:3128'));
    expect(hashOf('svc:new@proxy:3128')).not.toBe(hashOf('svc:new@other:3128'));
  });

  test.each<[string, Partial<DeliverySettings>]>([
    ['the type', { type: 'other' }],
    ['a key of the plugin', { own: { ...own, url: 'https://siem:8089' } }],
    ['a value beside secrets', { own: { ...own, headers: { ...own.headers, plain: 'b' } } }],
    ['the proxy', { egress: { ...egress, proxy: undefined } }],
    ['the certificate authority', { egress: { proxy: egress.proxy } }],
  ])('depends on %s', (_, change) => {
    expect(settingsHash({ ...settings, ...change })).not.toBe(settingsHash(settings));
  });
});
