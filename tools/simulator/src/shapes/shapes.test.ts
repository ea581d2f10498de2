import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type GenerateOptions, generateBodies } from '../bodies.ts';
import type { GeneratedBody } from '../body-writer.ts';
import { messageTypes, type SentType, sentTypes } from '../message-types.ts';
import { shapes } from './shapes.ts';

const bodiesOf = (options: Partial<GenerateOptions>) => [...generateBodies({ seed: 1, count: 2000, ...options })];

/** Decoders of its own: Node's TextDecoder is what the connector uses. */
const decoders: Readonly<Record<string, (bytes: Buffer) => string>> = {
  'utf-8': (bytes) => bytes.toString(),
  'iso-8859-1': (bytes) => bytes.toString('latin1'),
  'utf-16le': (bytes) => bytes.toString('utf16le'),
  'utf-16be': (bytes) => Buffer.from(bytes).swap16().toString('utf16le'),
  'utf-16': (bytes) => Buffer.from(bytes).swap16().toString('utf16le'),
};

function textOf({ body, contentType }: GeneratedBody): string {
  const charset = /charset="?([^"]+)/.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
  return decoders[charset]?.(body) ?? '';
}

const fields = z.record(z.string(), z.unknown());

/** The elements of bodies without an envelope. */
function elements(type: SentType, options: Partial<GenerateOptions>) {
  const bodies = bodiesOf({ types: [type], casing: 'camel', ...options });
  return bodies.flatMap((body) => z.array(fields).parse([JSON.parse(textOf(body))].flat()));
}

const valuesOf = (list: readonly Record<string, unknown>[], name: string) => new Set(list.map((item) => item[name]));
const jsonOf = (list: readonly unknown[]) => new Set(list.map((item) => JSON.stringify(item)));

it.each([[...shapes], ...shapes.map((shape) => [shape])])(
  'generates the same bytes for the same seed: %j',
  (...set) => {
    const hashOf = (seed: number) => {
      const bodies = bodiesOf({ seed, shapes: set, types: sentTypes });
      return createHash('sha256')
        .update(Buffer.concat(bodies.map(({ body }) => body)))
        .digest('hex');
    };
    expect(hashOf(7)).toBe(hashOf(7));
    expect(hashOf(8)).not.toBe(hashOf(7));
    expect(hashOf(7)).not.toBe(
      createHash('sha256')
        .update(Buffer.concat(bodiesOf({ seed: 7, types: sentTypes }).map(({ body }) => body)))
        .digest('hex'),
    );
  },
);

it('sends events of all types and of several accounts in one run, and bodies of one account', () => {
  const bodies = bodiesOf({ shapes: ['content'], types: sentTypes, casing: 'camel' });
  expect(new Set(bodies.map(({ messageType }) => messageType))).toEqual(new Set(sentTypes));
  for (const [type, name] of [
    ['AUDIT_LOG_ALL', 'ownerId'],
    ['ALERT', 'ownerId'],
    ['ACCOUNTING_LOG_ALL', 'vhmId'],
  ] as const) {
    expect(valuesOf(elements(type, { shapes: ['content'] }), name).size).toBe(3);
    for (const body of bodies.filter(({ messageType }) => messageType === type)) {
      const owners = [JSON.parse(textOf(body))].flat().map((item) => item[name]);
      expect(new Set(owners).size).toBe(1);
    }
  }
});

it('writes GDPR log entries: a task is in progress, then ends, with one log id', () => {
  const entry = z.object({
    logId: z.int(),
    startTime: z.number(),
    endTime: z.number().nullable(),
    status: z.string(),
    category: z.enum(['Download client data', 'Delete client data', 'Delete user data', 'Delete admin data']),
    mac: z.string().nullable(),
    admin: z.email(),
    description: z.string(),
  });
  const numberTimes = (list: Record<string, unknown>[]) =>
    list.filter(({ startTime, endTime }) => typeof startTime === 'number' && typeof endTime !== 'string');
  const entries = numberTimes(elements('GDPR_LOG_ALL', { shapes: ['content'] })).map((item) => entry.parse(item));
  expect(valuesOf(entries, 'category').size).toBe(4);
  const words = new Set(entries.map(({ status }) => status.toLowerCase().replace('_', ' ')));
  expect(words).toEqual(new Set(['in progress', 'completed', 'failed']));
  expect([...valuesOf(entries, 'status')]).toEqual(expect.arrayContaining(['In progress', 'Completed', 'Failed']));
  const ofOneTask = Map.groupBy(
    entries,
    ({ logId, admin, description, mac }) => `${logId} ${admin} ${description} ${mac}`,
  );
  expect([...ofOneTask.values()].filter((list) => list.length === 2).length).toBeGreaterThan(100);
  expect(entries.every(({ endTime, status }) => (endTime === null) === /^in.progress$/i.test(status))).toBe(true);
  expect(entries.every(({ mac, category }) => (mac !== null) === category.includes('client'))).toBe(true);
});

it('writes status words, auth types and rows of RADIUS authentication', () => {
  const list = elements('AUTHENTICATION_LOG_ALL', { shapes: ['content'] });
  const replies = valuesOf(list, 'reply');
  for (const word of ['Access-Reject', 'Failed', 'DENIED', '3', 'Success', 'ok', '2']) expect(replies).toContain(word);
  const types = ['Private PSK', 'Enterprise', 'Facebook', 'Google', 'LinkedIn', 'PIN'];
  expect(valuesOf(list, 'authType')).toEqual(new Set(types));
  const silent = list.filter(({ reply, rejectReason }) => reply === null && rejectReason === 'User not found');
  expect(silent.length).toBeGreaterThan(10);
  expect(valuesOf(list, 'authStatus')).toEqual(new Set([undefined, 'ACCEPT', 'REJECT']));
  const grid = list.filter((item) => 'authdate' in item && !('firmwareBuild' in item));
  const gridNames = 'authdate reply userName ssid authType callingStationId rejectReason calledStationId nasIdentifier';
  expect(jsonOf(grid.map((item) => Object.keys(item)))).toEqual(jsonOf([gridNames.split(' ')]));
  expect(grid.some(({ rejectReason }) => rejectReason === '')).toBe(true);
});

it('reports wired clients and every kind of login', () => {
  const list = elements('AUTHENTICATION_LOG_ALL', { shapes: ['content'] });
  const wired = list.filter(({ nasPortType }) => nasPortType === 'Ethernet');
  expect(wired.length).toBeGreaterThan(50);
  for (const { nasIpAddress, framedIpAddress, nasPort, ssid } of wired) {
    expect([nasIpAddress, framedIpAddress]).toEqual([expect.stringMatching(/^10\./), expect.stringMatching(/^172\./)]);
    expect([typeof nasPort, ssid]).toEqual(['number', null]);
  }
  const names = [...valuesOf(list, 'userName')].join('\n');
  expect(names).toMatch(/^CORP\\jane$/m);
  expect(names).toMatch(/^jane@acme\.example$/m);
  expect(names).toMatch(/^JANE$/m);
  expect(names).toMatch(/^ {2}Bob@acme\.example $/m);
  expect(names).toMatch(/^host\/pc-7\.uni\.example$/m);
  expect(names).toMatch(/^PC-7\$$/m);
  expect(names).toMatch(/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/im);
});

it('writes accounting with status words, and with what an event may lack', () => {
  const list = elements('ACCOUNTING_LOG_ALL', { shapes: ['content'] });
  const phaseOf = ({ acctStatusType: word }: Record<string, unknown>) =>
    /^(?:start|1)$/i.test(String(word)) ? 'start' : /^(?:stop|2)$/i.test(String(word)) ? 'stop' : String(word);
  const seen = jsonOf(
    list.map((item) => [phaseOf(item), item['acctStopTime'] ?? null, item['acctTerminateCause'] ?? null]),
  );
  for (const form of [
    ['stop', null, null],
    ['start', null, '0'],
    ['start', -1, null],
    ['Interim-Update', -1, null],
    ['stop', 0, '0'],
  ]) {
    expect(seen).toContain(JSON.stringify(form));
  }
  expect(list.some((item) => phaseOf(item) === 'stop' && item['acctSessionTime'] === null)).toBe(true);
  expect(list.some(({ acctStatusType }) => acctStatusType === undefined)).toBe(true);
  expect(list.some(({ framedIpAddress }) => framedIpAddress === '0.0.0.0')).toBe(true);
  expect(list.some(({ acctInputGigawords }) => acctInputGigawords !== undefined)).toBe(true);
});

it('writes audit texts that were seen in public, and lists of hosts as text and arrays', () => {
  const list = elements('AUDIT_LOG_ALL', { shapes: ['content'] });
  const texts = [...valuesOf(list, 'description')].join('\n');
  for (const verb of ['Created', 'Deleted', 'Disabled', 'Enabled']) expect(texts).toContain(`${verb} alert policy`);
  expect(texts).toMatch(/^Reset device AP-/m);
  expect(texts).toMatch(/privileges of admin group Operator$/m);
  expect(texts).toContain('Updated Cloud PPSK User');
  expect(texts).toContain('\u001b[31m');
  expect(jsonOf(list.map(({ hostNames }) => hostNames))).toContain('"AP-1, AP-2,SW-3"');
  expect(jsonOf(list.map(({ hostNames }) => hostNames))).toContain('["AP-1",null]');
});

it('writes the status of e-mails and text messages in several words', () => {
  for (const type of ['EMAIL_LOG_ALL', 'SMS_LOG_ALL'] as const) {
    const words = valuesOf(elements(type, { shapes: ['content'] }), 'status');
    for (const word of ['SEND_OUT', 'Sent', 'SUCCESS', 'success', 'FAIL', 'FAILED']) expect(words).toContain(word);
  }
  const texts = elements('SMS_LOG_ALL', { shapes: ['content'] });
  expect(texts.some(({ tel, statusFromProvider }) => String(statusFromProvider).includes(String(tel)))).toBe(true);
});

it('writes location of clients without a network, with a hashed address and an old time', () => {
  const list = elements('LOCATION_AP_CENTRIC', { shapes: ['content'] });
  const observations = list.flatMap((item) => z.array(fields).parse(item['observations']));
  expect(observations.some(({ ssid, ipv4 }) => ssid === null && ipv4 === null)).toBe(true);
  expect(observations.some(({ clientMac }) => /^[0-9a-f]{64}$/.test(String(clientMac)))).toBe(true);
  expect(observations.some(({ seenEpoch }) => typeof seenEpoch === 'number' && seenEpoch < 1_500_000_000)).toBe(true);
});

it('leaves out fields and writes placeholders', () => {
  const list = elements('ACCOUNTING_LOG_ALL', { shapes: ['gaps'] });
  const placeholders = jsonOf(list.flatMap((item) => Object.values(item)));
  for (const value of [null, '', 'null', -1, '-1', 0, '0.0.0.0']) expect(placeholders).toContain(JSON.stringify(value));
  expect(list.some((item) => !('acctSessionId' in item))).toBe(true);
});

it.each([
  ['epoch ms', /^\d{13}$/],
  ['epoch seconds', /^\d{10}$/],
  ['epoch microseconds', /^\d{16}$/],
  ['seconds as text', /^"\d{10}\.\d{3}"$/],
  ['ms as text', /^"\d{13}"$/],
  ['ISO, Z', /^"[-\d]+T[:.\d]+Z"$/],
  ['ISO, an offset without a colon', /^"[-\d]+T[:.\d]+\+0000"$/],
  ['ISO, an offset with a colon', /^"[-\d]+T[:.\d]+\+05:30"$/],
  ['ISO without an offset', /^"[-\d]+T[:.\d]+"$/],
  ['ISO with microseconds', /^"[-\d]+T[:\d]+\.\d{6}Z"$/],
  ['ISO with a zone', /^"[-\d]+T[:.\d]+Z\[UTC\]"$/],
  ['RFC 2822', /^"\w{3}, \d\d Jan 2026 [:\d]+ \+0000"$/],
  ['a Java text', /^"Jan \d+, 2026 \d+:\d\d:\d\d AM"$/],
  ['a newer Java text', /^"Jan \d+, 2026, \d+:\d\d:\d\d\u202fAM"$/],
  ['a list', /^\[2026,1,\d+,\d+,\d+,\d+,\d+\]$/],
])('writes times as %s', (_, form) => {
  const times = [...jsonOf(elements('ACCOUNTING_LOG_ALL', { shapes: ['times'] }).map(({ timeStamp }) => timeStamp))];
  expect(times.some((time) => form.test(time))).toBe(true);
});

it.each([
  'callingStationId',
  'calling_station_id',
  'CallingStationId',
  'callingStationID',
  'callingstationid',
  'Calling-Station-Id',
])('spells a name as %s', (name) => {
  const texts = bodiesOf({ shapes: ['names'], types: ['AUTHENTICATION_LOG_ALL'], casing: 'mixed' }).map(textOf);
  expect(texts.some((text) => text.includes(`"${name}"`))).toBe(true);
});

it('repeats a name with another value', () => {
  const texts = bodiesOf({ shapes: ['repeats'], types: ['AUTHENTICATION_LOG_ALL'], casing: 'camel', batch: 1 }).map(
    textOf,
  );
  const repeated = texts.filter((text) => (text.match(/"userName" ?:/g) ?? []).length === 2);
  expect(repeated.length).toBeGreaterThan(3);
  expect(repeated.some((text) => JSON.parse(text.replace(/^\[|\]$/g, '')).userName.startsWith('other '))).toBe(true);
});

it.each([
  ['data', /^\{"data":[[{]/],
  ['message', /^\{"messageType":"AUDIT_LOG_ALL","data":\[/],
  ['events', /^\{"events":\[/],
  ['records', /^\{"records":\[/],
  ['nested', /^\[\[\{/],
] as const)('wraps bodies in the envelope %s, and counts the events in it', (envelope, form) => {
  const bodies = bodiesOf({ types: ['AUDIT_LOG_ALL'], casing: 'camel', envelope });
  expect(bodies.reduce((sum, { events }) => sum + events, 0)).toBe(2000);
  for (const body of bodies) {
    const text = textOf(body);
    expect(text.replaceAll(/(?<=[[{:,]) | (?=[:\]}])/g, '').slice(0, 60)).toMatch(form);
    expect(text.match(/"orgName" ?:/g)).toHaveLength(body.events);
  }
});

it('uses every envelope, and none, with the shapes envelopes', () => {
  const starts = new Set(
    bodiesOf({ shapes: ['envelopes'], casing: 'camel' }).map((body) => textOf(body).replaceAll(' ', '').slice(0, 8)),
  );
  for (const start of ['{"data":', '{"messag', '{"events', '{"record', '[[{"owne', '{"ownerI', '[{"owner'])
    expect(starts).toContain(start);
});

it('encodes bodies as their content type declares', () => {
  const bodies = bodiesOf({ shapes: ['charsets'], types: ['AUDIT_LOG_ALL'], casing: 'camel' });
  const start = (body: GeneratedBody) =>
    body.body
      .subarray(0, 2)
      .toString('hex')
      .replace(/^(?:5b|7b).*/, 'text')
      .replace(/^00.*/, 'no mark');
  const forms = new Set(bodies.map((body) => `${body.contentType.replace(/.*charset=/, '')} ${start(body)}`));
  expect([...forms].sort()).toEqual(
    [
      'application/json text',
      '"ISO-8859-1" text',
      'UTF-8 text',
      'iso-8859-1 text',
      'utf-16 feff',
      'utf-16be feff',
      'utf-16be no mark',
      'utf-16le fffe',
      'utf-16le text',
    ].sort(),
  );
  const names = bodies.flatMap((body) =>
    [JSON.parse(textOf(body).replace(/^\ufeff/, ''))].flat().map(({ vhmName }) => vhmName),
  );
  expect(new Set(names)).toEqual(new Set(['ACME-BERLIN', 'Universität Süd', 'retail/"north"']));
  expect(bodies.some(({ body, contentType }) => contentType.endsWith('iso-8859-1') && body.includes(0xe4))).toBe(true);
});

it('leaves plain bodies as they are', () => {
  const plain = bodiesOf({ types: messageTypes });
  expect(plain.every(({ contentType }) => contentType === 'application/json')).toBe(true);
  expect(bodiesOf({ types: messageTypes, shapes: [] })).toEqual(plain);
});
