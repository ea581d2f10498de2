import { expect, it } from 'vitest';
import { eventsOfValue } from '../test-source.ts';

const observed = (clientMac: unknown) =>
  eventsOfValue({ apMac: 'c413e2aabb00', observations: [{ clientMac, ssid: 'Corp' }] }, 'LOCATION_AP_CENTRIC')[0]
    ?.document;

it('D13: a hashed client MAC is an address, not a MAC', () => {
  const hashed = '5f8d7a0c5f8d7a0c5f8d7a0c5f8d7a0c';
  const document = observed(hashed);
  expect(document).toMatchObject({
    client: { address: hashed },
    message: `Client ${hashed} seen by C4-13-E2-AA-BB-00 on Corp`,
  });
  for (const field of ['client.mac', 'source.mac', 'extreme.xiq.mac_local']) expect(document).not.toHaveProperty(field);
});

it.each(['dcac3da506b4', 'DC:AC:3D:A5:06:B4'])('the client MAC %s is a MAC', (text) => {
  const document = observed(text);
  expect(document).toMatchObject({
    client: { mac: 'DC-AC-3D-A5-06-B4' },
    source: { mac: 'DC-AC-3D-A5-06-B4' },
    extreme: { xiq: { mac_local: false } },
  });
  expect(document).not.toHaveProperty('client.address');
});

it.each([null, '', '00:00:00:00:00:00'])('a client MAC of %j is none', (text) => {
  expect(observed(text)).not.toHaveProperty('client');
});
