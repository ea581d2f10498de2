import { expect, it } from 'vitest';
import { createCookieJar } from './cookie-jar.ts';

const nowMs = Date.parse('2026-11-30T00:00:00Z');

function headerAfter(...responses: readonly (readonly string[])[]): string | undefined {
  const jar = createCookieJar(() => nowMs);
  for (const setCookie of responses) jar.store(setCookie);
  return jar.header();
}

it('L1: returns names and values, without attributes', () => {
  const setCookie = ['AWSALB=a+b/c==; Expires=Mon, 07 Dec 2026 00:00:00 GMT; Path=/', 'SERVERID=n1; path=/; HttpOnly'];
  expect(headerAfter(setCookie)).toBe('AWSALB=a+b/c==; SERVERID=n1');
});

it('L1: has no header without cookies', () => {
  expect(createCookieJar(() => nowMs).header()).toBeUndefined();
  expect(headerAfter([])).toBeUndefined();
});

it('L1: replaces a cookie, and removes an expired one', () => {
  expect(headerAfter(['a=1', 'b=2'], ['a=3'])).toBe('b=2; a=3');
  expect(headerAfter(['a=1', 'b=2'], ['a=; Max-Age=0'])).toBe('b=2');
  expect(headerAfter(['a=1', 'b=2'], ['a=x; expires=Thu, 01 Jan 1970 00:00:00 GMT'])).toBe('b=2');
  expect(headerAfter(['a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])).toBe('a=1');
});

it.each(['', '=1', 'novalue', 'a b=1', 'a=1\r\nHost: evil', 'a=ümläut', 'a=\u0000'])('L1: ignores %j', (line) => {
  expect(headerAfter([line])).toBeUndefined();
});

it('L1: bounds the number and the size of cookies', () => {
  const many = Array.from({ length: 100 }, (_, index) => `c${index}=1`);
  expect(headerAfter(many)?.split('; ')).toHaveLength(16);
  expect(headerAfter(['a=1', `b=${'x'.repeat(5_000)}`, 'c=2'])).toBe('a=1; c=2');
});
