import type { Source, UnmappedField } from '@xiq-siem/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyBody, anyMessageType } from './test-bodies.ts';
import { bodyOf, mappedSource, testSource } from './test-source.ts';
import { maskedName } from './unmapped.ts';

fc.configureGlobal({ interruptAfterTimeLimit: 10_000 });

const ours = testSource();

function unmappedOf(content: string | Uint8Array, messageType?: string, source: Source = ours): UnmappedField[] {
  return [...(source.unmapped?.(bodyOf(content, { messageType })) ?? [])];
}

/** `path type` of each field. */
const pathsAndTypes = (value: unknown, messageType = 'AUDIT_LOG_ALL', source?: Source): string[] =>
  unmappedOf(JSON.stringify(value), messageType, source).map(({ path, type }) => `${path} ${type}`);

it('gives path and type of unmapped fields, also of nested ones', () => {
  const element = {
    timeStamp: 1,
    userId: { not: 'walked' },
    colour: 'red',
    size: 5,
    on: true,
    off: null,
    place: { floor: 2, rooms: [{ no: 1 }, { no: 'a' }, 7], none: [] },
  };
  const expected = [
    'colour string',
    'size number',
    'on boolean',
    'off null',
    'place object',
    'place.floor number',
    'place.rooms array',
    'place.rooms[] object',
    'place.rooms[].no number',
    'place.rooms[].no string',
    'place.rooms[] number',
    'place.none array',
  ];
  expect(pathsAndTypes(element)).toEqual(expected);
  expect(pathsAndTypes([element, 5, { timeStamp: 1 }, element])).toEqual([...expected, ...expected]);
});

it('gives the message type of the URL, else the inferred one, else UNKNOWN', () => {
  const audit = '{"code":1,"description":"x","colour":"red"}';
  const typesOf = (content: string, messageType?: string) =>
    unmappedOf(content, messageType).map(({ messageType: type, path }) => `${type} ${path}`);
  expect(typesOf(audit)).toEqual(['AUDIT_LOG_ALL colour']);
  expect(typesOf(audit, 'GDPR_LOG_ALL')).toEqual(['GDPR_LOG_ALL colour']);
  expect(typesOf(audit, 'SENSOR_LOG_ALL')).toEqual([
    'SENSOR_LOG_ALL code',
    'SENSOR_LOG_ALL description',
    'SENSOR_LOG_ALL colour',
  ]);
  expect(typesOf('{"colour":"red"}')).toEqual(['UNKNOWN colour']);
});

it("gives the parent's fields once, and the fields of observations under their array", () => {
  const seen = { clientMac: 'dcac3da506b4', zone: 'a' };
  const body = { apMac: 'c413e2aabb00', site: 'x', observations: [seen, seen] };
  expect(pathsAndTypes(body, 'LOCATION_AP_CENTRIC')).toEqual([
    'site string',
    'observations[].zone string',
    'observations[].zone string',
  ]);
});

it('gives the fields beside the elements of envelopes once', () => {
  const body = {
    version: 1,
    data: {
      page: 1,
      events: [
        { code: 1, colour: 'a' },
        { code: 1, colour: 'b' },
      ],
    },
  };
  expect(pathsAndTypes(body)).toEqual(['page number', 'version number', 'colour string', 'colour string']);
});

it("does not give fields with an operator's name", () => {
  const source = mappedSource({ fields: { audit: { user_id: ['actor'] } } });
  expect(pathsAndTypes({ actor: 1, colour: 'red' }, 'AUDIT_LOG_ALL', source)).toEqual(['colour string']);
});

it('shows no key that may be a value', () => {
  const value = { 'j.doe@example.com': { dcac3da506b4: 1, ssid2: 2 }, user_123456: 'x' };
  expect(pathsAndTypes({ byUser: value })).toEqual([
    'byUser object',
    'byUser.* object',
    'byUser.*.* number',
    'byUser.*.ssid2 number',
    'byUser.* string',
  ]);
});

it('goes eight names deep', () => {
  let value: object = { end: 1 };
  for (let level = 0; level < 20; level++) value = { a: [value] };
  const paths = unmappedOf(JSON.stringify(value), 'AUDIT_LOG_ALL').map(({ path }) => path);
  expect(paths.at(-1)).toBe(`${'a[].'.repeat(8)}`.slice(0, -1));
});

it('gives at most a thousand fields of a body, and inspects a limited number of values', () => {
  const wide = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`field${index}`, 1]));
  expect(pathsAndTypes(wide)).toHaveLength(1_000);
  expect(pathsAndTypes(Array.from({ length: 3_000 }, () => ({ colour: 1 })))).toHaveLength(1_000);
  const long = { many: Array.from({ length: 50_000 }, () => 1), last: 1 };
  expect(pathsAndTypes(long)).toEqual(['many array', 'many[] number']);
});

it.each(['', 'no', '5', '[', '[5,"x",null]', '{"a":', `${'['.repeat(100)}${']'.repeat(100)}`])(
  'gives nothing of the body %j',
  (content) => {
    expect(unmappedOf(content)).toEqual([]);
  },
);

it('is lazy', () => {
  const fields = ours.unmapped?.(bodyOf('{"a":1,"b":2}'));
  for (const field of fields ?? []) {
    expect(field).toEqual({ messageType: 'UNKNOWN', path: 'a', type: 'number' });
    return;
  }
  expect.unreachable();
});

it('never throws, and shows only names, for any body', () => {
  const paths = /^(?:(?:[A-Za-z_]\w{0,63}|\*)(?:\[\])*\.?){1,9}$/;
  const bodies = fc.oneof(
    anyBody.map((body) => Buffer.from(JSON.stringify(body))),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(bodies, anyMessageType, (bytes, messageType) => {
      for (const { path } of unmappedOf(bytes, messageType)) expect(path).toMatch(paths);
    }),
    { numRuns: 400 },
  );
});

it.each(['userId', 'user_id', '_x', 'ipv6', 'acctInputOctets64', 'x'.repeat(64), 'decade', 'a12345'])(
  'shows the name %s',
  (name) => {
    expect(maskedName(name)).toBe(name);
  },
);

it.each([
  ['nothing', ''],
  ['a long text', 'x'.repeat(65)],
  ['a number', '6553'],
  ['six digits', 'user_123456'],
  ['a date', 'day_2021_11_08'],
  ['an e-mail address', 'j.doe@example.com'],
  ['a name', 'Jane Doe'],
  ['a login', 'DOM\\j.doe'],
  ['a MAC', 'dc:ac:3d:a5:06:b4'],
  ['a bare MAC', 'dcac3da506b4'],
  ['a MAC with underscores', 'DC_AC_3D_A5_06_B4'],
  ['a MAC in a name', 'client_dcacfdafeebd'],
  ['an IPv4 address', '192.0.2.1'],
  ['an IPv4 address with underscores', 'ip_192_168_1_15'],
  ['an IPv6 address', 'fe80::1'],
  ['a digest', 'deadbeefcafe'],
  ['a UUID', 'f47ac10b-58cc-4372-a567-0e02b2c3d479'],
  ['letters beyond ASCII', 'größe'],
  ['a line of its own', 'a\nb'],
])('hides %s', (_, name) => {
  expect(maskedName(name)).toBe('*');
});
