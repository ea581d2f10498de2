import { expect, it } from 'vitest';
import { isLocalMac, readMac, readStation } from './mac.ts';

it.each([
  'aabbccddeeff',
  'AABBCCDDEEFF',
  'aa:bb:cc:dd:ee:ff',
  'AA-BB-CC-DD-EE-FF',
  'aa.bb.cc.dd.ee.ff',
  'aa bb cc dd ee ff',
  'aabb.ccdd.eeff',
  'AABB-CCDD-EEFF',
  'aabb:ccdd:eeff',
  'aabbcc-ddeeff',
  'aabbcc:ddeeff',
])('reads %s', (text) => {
  expect(readMac(text)).toBe('AA-BB-CC-DD-EE-FF');
});

it.each(['', 'aabbccddeef', 'aabbccddeeff0', 'gabbccddeeff', 'aa:bb-cc:dd:ee:ff', 'aa:bb:cc:dd:ee', 'aabb.ccdd-eeff'])(
  'does not take %j for a MAC',
  (text) => {
    expect(readMac(text)).toBeUndefined();
  },
);

it.each([
  ['AA-BB-CC-DD-EE-FF:Corp', 'Corp'],
  ['aa:bb:cc:dd:ee:ff:Corp: 5 GHz', 'Corp: 5 GHz'],
  ['aabbccddeeff:Corp', 'Corp'],
  ['aabb.ccdd.eeff:Corp', 'Corp'],
  ['aabbcc-ddeeff:Corp', 'Corp'],
  ['AA-BB-CC-DD-EE-FF', undefined],
  ['AA-BB-CC-DD-EE-FF:', undefined],
])('reads the station id %s', (text, ssid) => {
  expect(readStation(text)).toEqual({ mac: 'AA-BB-CC-DD-EE-FF', ssid, text });
});

it('a MAC of zeros is none', () => {
  expect(readStation('00-00-00-00-00-00:Corp')).toEqual({ ssid: 'Corp', text: '00-00-00-00-00-00:Corp' });
});

it('rejects other texts as a station id', () => {
  for (const text of ['', 'Corp', 'AA-BB-CC-DD-EE:Corp', 'AA-BB-CC-DD-EE-FF Corp']) {
    expect(readStation(text)).toEqual({ text });
  }
});

it('recognizes a randomized MAC by its second digit', () => {
  expect(['2', '6', 'A', 'E'].map((digit) => isLocalMac(`D${digit}-00-00-00-00-00`))).not.toContain(false);
  expect(['0', '4', '8', 'C'].map((digit) => isLocalMac(`D${digit}-00-00-00-00-00`))).not.toContain(true);
});
