import { expect, it } from 'vitest';
import { shapeName } from './shape-name.ts';

it.each(['userId', 'user_id', '_x', 'ipv6', 'acctInputOctets64', 'x'.repeat(64), 'decade', 'a12345'])(
  'shows the name %s',
  (name) => {
    expect(shapeName(name)).toBe(name);
  },
);

it.each([
  ['nothing', ''],
  ['a long text', 'x'.repeat(65)],
  ['a number', '6553'],
  ['six digits', 'user_123456'],
  ['a date', 'day_2021_11_08'],
  ['an e-mail address', 'j.doe@example.com'],
  ['a person', 'Jane Doe'],
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
  expect(shapeName(name)).toBe('*');
});
