import type { EcsDocument, JsonObject } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { DocumentDraft } from '../document/document-draft.ts';
import { eventsOfValue, mappedSource } from '../test-source.ts';
import type { Classification } from './mapping.ts';
import { mappings } from './table.ts';

const T = 1_636_337_187_553;
const client = 'DC-AC-3D-A5-06-B4';

function documentOf(fields: object, type: string, ...source: Parameters<typeof eventsOfValue>[2][]) {
  const [event] = eventsOfValue({ timestamp: T, callingStationId: client, ...fields }, type, ...source);
  if (event === undefined) throw new Error('no event');
  const xiq: JsonObject = Object(event.document.extreme?.['xiq']);
  const document: EcsDocument & { xiq: JsonObject } = { ...event.document, xiq };
  return document;
}

const auth = (fields: object) => documentOf(fields, 'AUTHENTICATION_LOG_ALL');
const accounting = (fields: object) => documentOf(fields, 'ACCOUNTING_LOG_ALL');

const accepted = { action: 'radius-accept', outcome: 'success', type: ['start', 'allowed'] };
const rejected = { action: 'radius-reject', outcome: 'failure', type: ['start', 'denied'] };
const challenged = { action: 'radius-challenge', outcome: 'unknown', type: ['info'] };
const undecided = { action: 'radius-reply', outcome: 'unknown', type: ['info'] };

it.each<[object, object]>([
  [{ reply: 'Access-Accept' }, accepted],
  [{ reply: 'AccessAccept' }, accepted],
  [{ reply: ' ACCESS_REJECT ' }, rejected],
  [{ reply: 'Success' }, accepted],
  [{ reply: 'ok' }, accepted],
  [{ reply: '2' }, accepted],
  [{ reply: 2 }, accepted],
  [{ reply: 'Failed' }, rejected],
  [{ reply: 'DENIED' }, rejected],
  [{ reply: '3' }, rejected],
  [{ reply: 'Login rejected by policy' }, rejected],
  [{ reply: 'Denied: not allowed at this time' }, rejected],
  [{ reply: 'Unauthorized' }, rejected],
  [{ reply: 'RADIUS timeout' }, rejected],
  [{ reply: 'Login incorrect' }, rejected],
  [{ reply: 'Invalid password' }, rejected],
  [{ authStatus: 'Blocked' }, rejected],
  [{ reply: 'Access-Challenge' }, challenged],
  [{ reply: '11' }, challenged],
  [{ reply: 'Approval pending' }, challenged],
  [{ authStatus: 'REJECT' }, rejected],
  [{ authStatus: 'Passed' }, accepted],
  [{ reply: 'Access-Accept', authStatus: 'FAILED' }, accepted],
  [{ reply: 'see status', authStatus: 'FAILED' }, rejected],
  [{ rejectReason: 'User not found' }, rejected],
  [{ reply: null, rejectReason: 'User not found' }, rejected],
  [{ reply: 'Access-Accept', rejectReason: 'User not found' }, accepted],
  // No certain meaning.
  [{}, undecided],
  [{ rejectReason: '' }, undecided],
  [{ rejectReason: 'None' }, undecided],
  [{ reply: '42' }, undecided],
  [{ authStatus: '2' }, undecided],
  [{ reply: 'not accepted' }, undecided],
  [{ reply: "wasn't rejected" }, undecided],
  [{ reply: 'accepted after a failed attempt' }, undecided],
  [{ reply: 'passage' }, undecided],
])('D2: the outcome of %j', (fields, expected) => {
  const document = auth(fields);
  expect(document.event).toMatchObject(expected);
  expect(document.log?.level).toBe(document.event?.outcome === 'failure' ? 'warning' : 'info');
});

it.each<[object, object]>([
  [{ reply: 'Abgelehnt' }, rejected],
  [{ authStatus: 'gut' }, accepted],
  [{ reply: 'Access-Accept', authStatus: 'Abgelehnt' }, rejected],
  [{ reply: 'Accept' }, undecided],
])('D2: the operator decides by words: %j', (fields, expected) => {
  const source = mappedSource({
    statusWords: { abgelehnt: 'failure', GUT: 'success', accept: 'unknown' },
  });
  expect(documentOf(fields, 'AUTHENTICATION_LOG_ALL', source).event).toMatchObject(expected);
});

it('the reference has a row for every word', () => {
  const rows = mappings.auth.classifications.map(({ when, as }) => `${when}: ${as.action} ${as.outcome}`);
  expect(rows[1]).toMatch(/^`reply` 3, .*\bDENIED\b.*: radius-reject failure$/);
  expect(mappings.accounting.classifications.map(({ as }) => as.action)).toContain('radius-accounting-off');
});

it.each([
  ['PEAP', 'Access-Accept', true],
  [undefined, 'Access-Accept', true],
  ['Facebook', 'Success', false],
  ['Captive Web Portal', 'Access-Accept', false],
  ['Captive Web Portal (RADIUS)', 'Access-Accept', true],
  ['PIN', 'Success', false],
  ['Private PSK', 'Success', false],
  ['PPSK', 'Access-Reject', true],
])('authentication type %s with %s is RADIUS: %s', (authType, reply, isRadius) => {
  const document = auth({ authType, reply, username: 'jane' });
  expect(document.network?.protocol).toBe(isRadius ? 'radius' : undefined);
  expect(document.message).toBe(`${isRadius ? 'RADIUS' : authType} ${reply} of jane from ${client}`);
});

it('the e-mail address of a portal login is its user name', () => {
  const username = 'Jane@mail.example';
  const user = { name: 'jane@mail.example', email: 'jane@mail.example', domain: 'mail.example' };
  expect(auth({ username, authType: 'Google' }).user).toEqual(user);
  expect(auth({ username, authType: 'Private PSK' }).user).toEqual({ ...user, name: 'jane' });
});

it('a message has words, not the number of a packet', () => {
  expect(auth({ reply: '3' }).message).toBe(`RADIUS reject from ${client}`);
  expect(auth({ reply: '3', authStatus: 'FAILED' }).message).toBe(`RADIUS FAILED from ${client}`);
});

it.each(['5f8d7a0c5f8d7a0c', 'dc:ac:3d:xx:xx:xx', '192.0.2.7'])(
  'D13: the client %s without a MAC has an address',
  (text) => {
    for (const document of [auth({ callingStationId: text }), accounting({ callingStationId: text })]) {
      expect(document.client).toEqual({ address: text });
      expect(document).not.toHaveProperty('source');
      expect(document.message).toContain(` from ${text}`);
    }
  },
);

it('a station of zeros is none', () => {
  const zeros = '0000.0000.0000';
  const document = auth({ callingStationId: zeros, calledStationId: '00-00-00-00-00-00:Corp', mgmtMacAddress: zeros });
  expect(document).not.toHaveProperty('client');
  expect(document.observer).not.toHaveProperty('mac');
  expect(document.xiq).not.toHaveProperty('radius.bssid');
});

it.each(['0', 'None', 'N/A', ' - '])('D9: %j is no reason', (none) => {
  for (const document of [auth({ reply: '2', rejectReason: none }), accounting({ acctTerminateCause: none })]) {
    expect(document.event).not.toHaveProperty('reason');
    expect(document.event).not.toMatchObject({ type: ['end'] });
    expect(document.message).not.toContain(':');
    expect(Object.values(Object(document.xiq['extra']))).toEqual([none]);
  }
});

it('D12: addresses of the NAS and of the client are in observer.ip, client.ip and source.ip', () => {
  const sent = { nasIpAddress: '192.0.2.10', nasPort: 3, framedIpAddress: '192.0.2.67', authStatus: 'OK' };
  const expected = {
    observer: { ip: ['192.0.2.10'] },
    client: { ip: '192.0.2.67' },
    source: { ip: '192.0.2.67' },
    related: { ip: expect.arrayContaining(['192.0.2.10', '192.0.2.67']) },
    xiq: { radius: { nas_port: '3' } },
  };
  expect(auth(sent)).toMatchObject({ ...expected, xiq: { ...expected.xiq, auth_status: 'OK' } });
  expect(accounting(sent)).toMatchObject(expected);
  const none = { nasIpAddress: '0.0.0.0', framedIpAddress: '0.0.0.0' };
  expect(auth(none).xiq).toHaveProperty('extra', none);
  for (const field of ['source.ip', 'client.ip', 'observer.ip', 'related.ip'])
    for (const document of [auth(none), accounting(none)]) expect(document).not.toHaveProperty(field);
});

it('D3: the keys of the log in the console are read', () => {
  const document = auth({
    authdate: T + 7,
    reply: 'Access-Accept',
    userName: 'jane',
    ssid: 'Corp',
    authType: 'PEAP',
    callingStationID: client,
    rejectReason: '',
    calledStationId: 'C4-13-E2-AA-BB-CC',
    nasIdentifier: 'AP-Lobby',
    nasDevice: 'c413e2aabb00',
  });
  expect(document['@timestamp']).toBe(new Date(T + 7).toISOString());
  expect(document).toMatchObject({
    user: { name: 'jane' },
    network: { name: 'Corp' },
    observer: { hostname: 'AP-Lobby', mac: ['C4-13-E2-AA-BB-00'] },
  });
  expect(auth({ nasDevice: 'AP-Lobby' }).xiq).toHaveProperty('extra', { nasDevice: 'AP-Lobby' });
});

it.each([
  [undefined, 'access-point', true],
  ['Wireless-802.11', 'access-point', true],
  ['WIRELESS_802_11', 'access-point', true],
  ['Wireless - IEEE 802.11', 'access-point', true],
  ['Wireless-Other', 'access-point', true],
  [19, 'access-point', true],
  [18, 'access-point', true],
  ['Ethernet', 'switch', false],
  ['15', 'switch', false],
  ['Virtual', undefined, false],
])('D12: a NAS port of type %s', (nasPortType, observer, isWireless) => {
  for (const read of [auth, accounting]) {
    const document = read({ nasPortType, calledStationId: 'C4-13-E2-AA-BB-CC' });
    expect(document.observer?.type).toBe(observer);
    expect(document.xiq['radius']).toMatchObject({ called_station_id: 'C4-13-E2-AA-BB-CC' });
    if (isWireless) expect(document.xiq).toHaveProperty('radius.bssid', 'C4-13-E2-AA-BB-CC');
    else expect(document.xiq).not.toHaveProperty('radius.bssid');
  }
});

it.each([
  ['host/PC1.example.com', 'PC1.example.com'],
  ['host/PC1.example.com@EXAMPLE.COM', 'PC1.example.com'],
  ['EXAMPLE\\PC1$', 'PC1'],
  ['PC1$', 'PC1'],
  ['pc1$@example.com', 'pc1'],
])('D12: the machine of %s', (username, machine) => {
  const document = auth({ username });
  expect(document).toMatchObject({ client: { domain: machine }, related: { hosts: [machine] }, xiq: { machine } });
  expect(document).not.toHaveProperty('user');
});

it.each([
  ['CORP\\jane', { name: 'jane', domain: 'CORP' }, ['jane', 'CORP\\jane']],
  [
    'jane@corp.example',
    { name: 'jane', domain: 'corp.example', email: 'jane@corp.example' },
    ['jane', 'jane@corp.example'],
  ],
  ['JANE', { name: 'jane' }, ['jane']],
  [
    '  Jane@corp.example ',
    { name: 'jane', domain: 'corp.example', email: 'jane@corp.example' },
    ['jane', 'jane@corp.example'],
  ],
])('D11: %j is jane', (username, user, related) => {
  for (const read of [auth, accounting]) {
    const document = read({ username });
    expect(document).toMatchObject({ user, related: { user: related } });
    expect(document.xiq).toHaveProperty('radius.user_name', username);
  }
});

it.each<['auth' | 'accounting', object]>([
  ['auth', { reply: ' quarantined' }],
  ['auth', { authStatus: 'Quarantined' }],
  ['auth', { reply: 'Access-Accept', authStatus: 'Quarantined' }],
  ['accounting', { acctStatusType: 'Quarantined' }],
])("the operator's codes classify an event of %s with %j", (family, fields) => {
  const as: Classification = { action: 'client-quarantined', type: ['info'], outcome: 'failure', level: 'notice' };
  const mapper = mappings[family].compile({}, { codes: new Map([['QUARANTINED', as]]), statusWords: new Map() });
  const draft = new DocumentDraft();
  mapper.map([JSON.parse(JSON.stringify(fields))], { offset: () => [0], receivedAtMs: T }, draft);
  const { event, log } = draft.finish();
  expect(event).toEqual({ action: as.action, type: as.type, outcome: as.outcome });
  expect(log).toEqual({ level: 'notice' });
});
